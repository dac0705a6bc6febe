"""Words by which mail clients introduce what they quote, forward and sign, in the languages our customers write."""

from __future__ import annotations

import re

# how a client says "wrote", lower case
VERBS = (
    "wrote", "writes",
    "napisał(a)", "napisała", "napisał", "pisze", "napisano", "napisana",
    "napísal(a)", "napísala", "napísal", "napsal(a)", "napsala", "napsal", "píše", "odesílatel", "používateľ",
    "írta", "ezt írta", "írt", "írja",
    "написал(а)", "написала", "написал", "пишет", "писал(а)", "писал",
    "написав(ла)", "написала", "написав", "пише",
    "schrieb", "geschrieben", "écrit", "escribió", "scritto",
)  # fmt: skip
_LONGEST_FIRST = sorted(set(VERBS), key=len, reverse=True)
WROTE = re.compile(r"(?<!\w)(?:" + "|".join(re.escape(one) for one in _LONGEST_FIRST) + r")(?!\w)")

# how an introduction begins, lower case; a line that begins so may be joined with the next
OPENERS = re.compile(
    r"(?:on|w dniu|dnia|dn\.|wiadomość napisana|am|dne|dňa|dna|le|el|il"
    r"|mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    r"|pon|wt|śr|sr|czw|pt|sob|niedz|nd|ndz|poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela"
    r"|po|út|ut|st|čt|št|pá|pi|so|ne|h|k|sze|cs|p|szo|v"
    r"|пн|вт|ср|чт|пт|сб|вс|нд|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье"
    r"|mo|di|mi|do|fr|sa)(?![\w])"
    r"|\d{1,4}[./ -]"
)

# the labels of a quoted header block, lower case → what they name
LABELS = {
    "from": ("from", "od", "von", "feladó", "от", "от кого", "від", "від кого", "de", "nadawca", "odosielateľ",
             "odesílatel", "absender", "отправитель", "відправник", "küldő"),
    "sent": ("sent", "date", "wysłano", "wysłane", "data", "data wysłania", "gesendet", "datum", "odesláno",
    "odoslané", "poslané",
             "dátum", "küldve", "elküldve", "küldés dátuma", "дата", "отправлено", "отправлена", "дата отправки",
             "надіслано",
             "sent on", "gesendet am", "dňa", "dne"),
    "to": ("to", "do", "an", "komu", "pre", "címzett", "кому", "adresat", "pro", "empfänger", "получатель",
    "címzettek"),
    "subject": ("subject", "temat", "betreff", "předmět", "predmet", "vec", "tárgy", "тема", "věc"),
    "copy": ("cc", "dw", "kopia", "kopie", "kópia", "копия", "копія", "másolatot kap", "másolat", "copy"),
    "other": ("reply-to", "importance", "priority", "attachments", "ważność", "odpowiedz do", "organization",
    "priorität",
              "wichtigkeit", "dôležitosť", "důležitost", "fontosság", "важность", "bcc", "resent-from"),
}  # fmt: skip
LABEL = {word: meaning for meaning, words in LABELS.items() for word in words}

# dividers: what stands between the dashes, lower case
ORIGINAL = (
    "original message", "original appointment", "original e-mail",
    "oryginalna wiadomość", "wiadomość oryginalna", "treść oryginalnej wiadomości",
    "původní zpráva", "původní e-mail", "původní email", "pôvodná správa", "pôvodný e-mail", "pôvodný email",
    "originálna správa",
    "originální zpráva", "eredeti üzenet", "eredeti levél", "eredeti e-mail",
    "исходное сообщение", "оригинальное сообщение", "первоначальное сообщение", "исходное письмо",
    "оригінальне повідомлення", "вихідне повідомлення", "початкове повідомлення", "вихідний лист",
    "ursprüngliche nachricht", "originalnachricht", "original-nachricht", "ursprüngliche mail", "original-e-mail",
    "reply message", "wiadomość pierwotna",
)  # fmt: skip
FORWARDED = (
    "forwarded message", "begin forwarded message", "forwarded by",
    "przekazana wiadomość", "wiadomość przekazana", "treść przekazanej wiadomości", "forwardowana wiadomość",
    "początek przekazywanej wiadomości", "początek wiadomości przekazanej",
    "přeposlaná zpráva", "začátek přeposílané zprávy", "přeposlaný e-mail", "předávaná zpráva", "předaná zpráva",
    "preposlaná správa", "začiatok preposlanej správy", "preposlaný e-mail", "začiatok preposielanej správy",
    "továbbított üzenet", "továbbított levél", "továbbított üzenet kezdete",
    "пересылаемое сообщение", "пересланное сообщение", "пересылаемое письмо", "перенаправленное сообщение",
    "начало переадресованного сообщения", "начало пересылаемого сообщения",
    "переслане повідомлення", "пересланий лист", "початок переадресованого повідомлення",
    "повідомлення, що пересилається",
    "weitergeleitete nachricht", "anfang der weitergeleiteten nachricht", "weitergeleitete mail",
)  # fmt: skip

# subjects
REPLIES = ("re", "odp", "aw", "antw", "sv", "vs", "na", "ha", "отв", "ответ", "відп", "vá", "vál")
FORWARDS = (
    "fw",
    "fwd",
    "pd",
    "przek",
    "wg",
    "tr",
    "i",
    "továbbítás",
    "továbbítva",
    "пересл",
    "переслать",
    "preposlané",
    "přeposlané",
)
RULES = "-–—_=*~#<>"
_PREFIX = re.compile(r"\s*([^\W\d_]{1,12})\s*(?:\[\d{1,3}\])?\s*:")

# last lines that a device adds by itself, lower case beginnings
DEVICE = (
    "sent from my ", "sent from mail for", "sent from outlook", "sent from yahoo", "sent from proton",
    "sent from samsung",
    "sent with proton", "sent from a mobile", "get outlook for ", "sent via ",
    "wysłane z ", "wysłano z ", "wysłane za pomocą", "wysłana z ", "pobierz aplikację outlook",
    "pobierz program outlook",
    "odoslané z ", "odoslané zo ", "poslané z ", "získať outlook", "odesláno z ", "odesláno ze ", "získat outlook",
    "poslané zo ",
    "elküldve ", "küldve ", "iphone-omról küldve", "iphone-ról küldve", "az outlook beszerzése",
    "отправлено с ", "отправлено из ", "послано с ", "надіслано з ", "надіслано із ", "получить outlook",
    "відправлено з ",
    "von meinem ", "gesendet von ", "gesendet mit ", "diese nachricht wurde von meinem", "outlook für ",
    "holen sie sich outlook",
)  # fmt: skip
_DEVICES = re.compile(
    r"iphon|ipad|android|samsung|galaxy|huawei|xiaomi|redmi|oneplus|pixel|blackberry|nokia|windows|outlook|yahoo|gmail|proton"
    r"|mail|smartphone|handy|mobil|telefon|telefón|mobiln|phone|poczt|onet|interia|wp\.pl|seznam|почт|яндекс|телефон|пошт"
)


def says_original(line: str) -> bool:
    """A divider before an answered mail, in dashes or other rules: -----Original Message-----."""
    return _between_rules(line) in ORIGINAL


def says_forwarded(line: str) -> bool:
    """A divider before a mail that is passed on."""
    if not _begins_ruled(line) and not line.rstrip().endswith(":"):
        return False
    said = _between_rules(line) or line.strip().rstrip(":").strip().lower()
    return said in FORWARDED or said.startswith(("forwarded by ", "forwarded message"))


def is_forward(subject: str) -> bool:
    """True if a subject's first prefix says that the mail passes another one on."""
    found = _PREFIX.match(subject)
    return found is not None and found[1].lower() in FORWARDS and (len(found[1]) > 1 or found[1] == "I")


def is_device(line: str) -> bool:
    """A last line that no person wrote: Sent from my iPhone."""
    said = line.strip().lower()
    return len(said) <= 120 and said.startswith(DEVICE) and _DEVICES.search(said) is not None


def bare_subject(subject: str) -> str:
    """A subject without the prefixes of answers and forwards."""
    for _ in range(10):
        found = _PREFIX.match(subject)
        if found is None or found[1].lower() not in (*REPLIES, *FORWARDS):
            break
        subject = subject[found.end() :]
    return subject.strip()


def _between_rules(line: str) -> str:
    """What stands between at least two dashes (or the like) on a line; "" if there are none."""
    bare = line.strip()[:120]
    if not _begins_ruled(bare):
        return ""
    return bare.strip(RULES + " \t").rstrip(":").strip().lower()


def _begins_ruled(line: str) -> bool:
    beginning = line.lstrip()[:2]
    return len(beginning) == 2 and beginning[0] in RULES and beginning[1] in RULES
