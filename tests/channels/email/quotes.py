"""Mails that answer a mail, as the clients of our customers write them: label, text, the newly written words."""

from __future__ import annotations

NEW = "Thank you, the card works.\nBest, Eszter"
OLD = "> Please try the card again.\n> Anna"

# how a client introduces what it quotes, one for each client and language
INTRODUCTIONS: list[tuple[str, str]] = [
    ("gmail en", "On Tue, Mar 10, 2026 at 10:15 AM Anna Nowak <anna@desk.example> wrote:"),
    ("gmail en wrapped", "On Tue, Mar 10, 2026 at 10:15 AM Anna Nowak <anna.nowak@desk.example>\nwrote:"),
    ("gmail en wrapped before the name", "On Tue, Mar 10, 2026 at 10:15 AM\nAnna Nowak <anna@desk.example> wrote:"),
    ("gmail pl", "wt., 10 mar 2026 o 10:15 Anna Nowak <anna@desk.example> napisał(a):"),
    ("gmail pl wrapped", "wt., 10 mar 2026 o 10:15 Anna Nowak <anna@desk.example>\nnapisał(a):"),
    ("gmail sk", "ut 10. 3. 2026 o 10:15 Anna Nowak <anna@desk.example> napísal(a):"),
    ("gmail cs", "út 10. 3. 2026 v 10:15 odesílatel Anna Nowak <anna@desk.example> napsal:"),
    ("gmail hu", "Anna Nowak <anna@desk.example> ezt írta (időpont: 2026. márc. 10., K, 10:15):"),
    ("gmail ru", "вт, 10 мар. 2026 г. в 10:15, Anna Nowak <anna@desk.example>:"),
    ("gmail uk", "вт, 10 бер. 2026 р. о 10:15 Anna Nowak <anna@desk.example> пише:"),
    ("gmail de", "Am Di., 10. März 2026 um 10:15 Uhr schrieb Anna Nowak <anna@desk.example>:"),
    ("thunderbird en", "On 10/03/2026 10:15, Anna Nowak wrote:"),
    ("thunderbird pl", "W dniu 10.03.2026 o 10:15, Anna Nowak pisze:"),
    ("thunderbird sk", "Dňa 10. 3. 2026 o 10:15 Anna Nowak napísal(a):"),
    ("thunderbird cs", "Dne 10. 03. 26 v 10:15 Anna Nowak napsal(a):"),
    ("thunderbird hu", "2026. 03. 10. 10:15 keltezéssel, Anna Nowak írta:"),
    ("thunderbird ru", "10.03.2026 10:15, Anna Nowak пишет:"),
    ("thunderbird uk", "10.03.26 10:15, Anna Nowak пише:"),
    ("thunderbird de", "Am 10.03.26 um 10:15 schrieb Anna Nowak:"),
    ("apple en", "On 10 Mar 2026, at 10:15, Anna Nowak <anna@desk.example> wrote:"),
    ("apple pl", "Wiadomość napisana przez Anna Nowak <anna@desk.example> w dniu 10 mar 2026, o godz. 10:15:"),
    ("apple sk", "Dňa 10. 3. 2026 o 10:15 používateľ Anna Nowak <anna@desk.example> napísal:"),
    ("apple cs", "10. 3. 2026 v 10:15, Anna Nowak <anna@desk.example>:"),
    ("apple hu", "2026. márc. 10. dátummal, 10:15 időpontban Anna Nowak <anna@desk.example> írta:"),
    ("apple ru", "10 марта 2026 г., в 10:15, Anna Nowak <anna@desk.example> написал(а):"),
    ("apple uk", "10 бер. 2026 р. о 10:15 Anna Nowak <anna@desk.example> написав(ла):"),
    ("apple de", "Am 10.03.2026 um 10:15 schrieb Anna Nowak <anna@desk.example>:"),
    ("yahoo en", "On Tuesday, March 10, 2026, 10:15:30 AM GMT+1, Anna Nowak <anna@desk.example> wrote:"),
    ("yahoo de", "Am Dienstag, 10. März 2026, 10:15:30 MEZ hat Anna Nowak <anna@desk.example> Folgendes geschrieben:"),
    ("wp", "Dnia 10 marca 2026 10:15 Anna Nowak <anna@desk.example> napisał(a):"),
    ("o2", "Dnia 10 marca 2026 10:15 Anna Nowak &lt;anna@desk.example&gt; napisał(a):"),
    ("onet", "W dniu 2026-03-10 10:15:30 użytkownik Anna Nowak <anna@desk.example> napisał:"),
    ("mail.ru", "Вторник, 10 марта 2026, 10:15 +03:00 от Anna Nowak <anna@desk.example>:"),
    ("yandex", '10.03.2026, 10:15, "Anna Nowak" <anna@desk.example>:'),
    ("freemail.hu", "Anna Nowak <anna@desk.example> írta:"),
    ("roundcube", "On 2026-03-10 10:15, Anna Nowak wrote:"),
    ("roundcube pl", "W dniu 2026-03-10 10:15, Anna Nowak napisał(a):"),
    ("roundcube cs", "Dne 2026-03-10 10:15, Anna Nowak napsal:"),
]

# what begins a mail that is quoted without any sign before its lines
HEADER = "{}: Anna Nowak <anna@desk.example>\n{}: 10 March 2026 10:15\n{}: eszter@ugyfel.example\n{}: Your card"
HISTORIES: list[tuple[str, str]] = [
    ("outlook en", HEADER.format("From", "Sent", "To", "Subject")),
    ("outlook pl", HEADER.format("Od", "Wysłano", "Do", "Temat")),
    ("outlook sk", HEADER.format("Od", "Odoslané", "Komu", "Predmet")),
    ("outlook cs", HEADER.format("Od", "Odesláno", "Komu", "Předmět")),
    ("outlook hu", HEADER.format("Feladó", "Elküldve", "Címzett", "Tárgy")),
    ("outlook ru", HEADER.format("От", "Отправлено", "Кому", "Тема")),
    ("outlook uk", HEADER.format("Від", "Надіслано", "Кому", "Тема")),
    ("outlook de", HEADER.format("Von", "Gesendet", "An", "Betreff")),
    ("outlook in bold", "*From:* Anna <anna@desk.example>\n*Sent:* 10 March 2026 10:15\n*To:* E\n*Subject:* Your card"),
    ("outlook with a rule", "________________________________\n" + HEADER.format("From", "Sent", "To", "Subject")),
    ("outlook express", "-----Original Message-----\nFrom: Anna\nSent: Tuesday\nSubject: card"),
    ("outlook express pl", "----- Original Message -----\nFrom: Anna Nowak\nTo: Eszter\nSent: wtorek 10:15"),
    ("oryginalna", "-----Oryginalna wiadomość-----\nOd: Anna Nowak\nData: 10 marca"),
    ("wiadomość oryginalna", "----- Wiadomość oryginalna -----\nAnna"),
    (
        "seznam",
        "---------- Původní e-mail ----------\nOd: Anna <anna@desk.example>\nKomu: E\nDatum: 10. 3. 2026 10:15:30",
    ),
    ("seznam, older", "---------- Původní zpráva ----------\nOd: Anna"),
    ("azet", "---------- Pôvodná správa ----------\nOd: Anna"),
    ("citromail", "-----Eredeti üzenet-----\nFeladó: Anna"),
    ("freemail", "----- Eredeti üzenet -----\nAnna"),
    ("the bat", "-------- Исходное сообщение --------\nОт: Anna"),
    ("ukr.net", "--- Оригінальне повідомлення ---\nВід кого: Anna"),
    ("gmx", "-------- Ursprüngliche Nachricht --------\nVon: Anna"),
    ("web.de", "-------- Original-Nachricht --------\nVon: Anna"),
    (
        "interia",
        'Od: "Anna Nowak" <anna@desk.example>\nDo: e@u.example;\nWysłane: 10:15 Wtorek 2026-03-10\nTemat: Card',
    ),
    (
        "samsung",
        "-------- Original message --------\nFrom: Anna <anna@desk.example>\nDate: 10/03/2026 10:15 (GMT+01:00)",
    ),
    ("samsung pl", "-------- Oryginalna wiadomość --------\nOd: Anna <anna@desk.example>\nData: 10.03.2026 10:15"),
    ("our own line", "##- Please answer above this line -##\nDear Eszter"),
]

FORWARDS: list[tuple[str, str]] = [
    ("gmail", "---------- Forwarded message ---------\nFrom: Shop <shop@x.example>\nDate: Tue\nSubject: Bill\nTo: E"),
    ("apple", "Begin forwarded message:\n\nFrom: Shop <shop@x.example>\nSubject: Bill\nDate: 10 March 2026 at 10:15"),
    (
        "gmail pl",
        "---------- Forwarded message ---------\nOd: Shop <shop@x.example>\nDate: wt., 10 mar 2026 o 10:15\nSubject: B",
    ),
    (
        "thunderbird pl",
        "-------- Przekazana wiadomość --------\nTemat: Bill\nData: 10 Mar 2026 10:15\nOd: s@x.example\nDo: E",
    ),
    ("thunderbird cs", "-------- Přeposlaná zpráva --------\nPředmět: Bill\nDatum: 10. 3.\nOd: s@x.example\nKomu: E"),
    ("thunderbird sk", "-------- Preposlaná správa --------\nPredmet: Bill\nDátum: 10. 3.\nOd: s@x.example\nKomu: E"),
    ("thunderbird hu", "-------- Továbbított üzenet --------\nTárgy: Bill\nDátum: 2026. 03. 10.\nFeladó: s@x.example"),
    (
        "thunderbird ru",
        "-------- Перенаправленное сообщение --------\nТема: Bill\nДата: 10:15\nОт: s@x.example\nКому: E",
    ),
    (
        "thunderbird de",
        "-------- Weitergeleitete Nachricht --------\nBetreff: Bill\nDatum: 10:15\nVon: s@x.example\nAn: E",
    ),
    (
        "apple pl",
        "Początek przekazywanej wiadomości:\n\nOd: Shop <s@x.example>\nTemat: Bill\nData: 10 marca 2026 10:15",
    ),
    ("mail.ru", "-------- Пересылаемое сообщение --------\nОт: s@x.example\nКому: E\nДата: 10:15\nТема: Bill"),
]

# what is neither: customers' own words that look a little like it
KEPT: list[tuple[str, str]] = [
    ("a time and a colon", "I called at 10:15 and your colleague wrote down:\ncard 123"),
    ("a form", "Name: Eszter\nTown: Győr\nFrom: Monday\nTo: Friday"),
    ("a route", "From: Warsaw\nTo: Gdańsk"),
    ("dashes", "First\n-----\nSecond"),
    ("a list", "- one\n- two\n- three"),
    ("an address", "My address is eszter@ugyfel.example:\nwrite there"),
    ("two dashes inside", "one -- two\nthree"),
    ("from a telephone shop", "Gesendet von wem auch immer.\nVon meinem Konto fehlen 50 Euro."),
    ("a comparison", "1 > 2 is false\n2 > 1 is true"),
    ("on a day", "On Monday Anna wrote to me.\nWhat now?"),
    ("wrote, with a date, own words", "W dniu 10.03.2026 pan Jan napisał:\nkarta nie działa, proszę o nową"),
]
