"""Rules asked of a message: what each more costs, beside what handing the facts over costs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median

from bench.children import Broken
from bench.figures import Figure
from crmcore.access import INBOX
from routing import facts, rules
from routing.desk import Desk, Queue
from routing.facts import Customer, Words
from routing.rules import Rule
from routing.trial import BEGUN
from tickets import calendar

ROUNDS = 5
MESSAGES = 2_000
FEW, MANY = 1, 50
# conditions such as shift leaders pick and administrators write; {n} keeps them apart
CONDITIONS = (
    '[" karta{n}", " faktur{n}"].exists(word, message.words.contains(word))',
    '"billing{n}@desk.example" in message.to',
    'contact.language == "hu" && ticket.new && message.channel == "email{n}"',
    'fold(message.text).contains("zablokowana {n}")',
    '"fleet{n}" in company.segments || ticket.priority < {n} - {n}',
)
WORDS = "Dzień dobry, moja karta jest od rana zablokowana, a tankuję na stacji 0412. Proszę o szybką pomoc. " * 4


def measure() -> list[Figure]:
    few_us, many_us = (median(_round_us(count) for _ in range(ROUNDS)) for count in (FEW, MANY))
    each = (many_us - few_us) / (MANY - FEW)
    return [
        Figure("rules", f"{FEW} rule, CPU a message", few_us, "us", note="facts and folding included"),
        Figure("rules", f"{MANY} rules, CPU a message", many_us, "us"),
        Figure("rules", "each more rule", each, "us"),
    ]


def _round_us(count: int) -> float:
    """CPU microseconds a message, with so many rules; none of them holds, so that all are asked."""
    desk = Desk({INBOX: Queue(INBOX, calendar.always())}, tuple(map(_rule, range(count))))
    now, customer = datetime.now(UTC), Customer("Eszter Nagy", "pl")
    held: Sequence[Rule] = ()
    began = time.process_time()
    for number in range(MESSAGES):
        text = f"{WORDS}{number}"
        words = Words("email", text, "Karta", "mailto:eszter@firma.example", ("help@desk.example",))
        words = Words(words.channel, text, words.subject, words.sender, words.to, False, facts.folded(desk, "", text))
        given = facts.told(words, customer, BEGUN, facts.open_now(desk, now), now, facts.of_queue(desk, INBOX, now))
        held = rules.decide(desk.rules, given).held
    if held:
        raise Broken(f"{held[0].when} held on a message that it is not about")
    return (time.process_time() - began) / MESSAGES * 1e6


def _rule(number: int) -> Rule:
    when = CONDITIONS[number % len(CONDITIONS)].replace("{n}", str(number + 1))
    condition, wrong = rules.compile_condition(when, field="when")
    if condition is None:
        raise Broken(str(wrong))
    return Rule(f"rule {number}", condition, None, None, ("x",), False, when=when)
