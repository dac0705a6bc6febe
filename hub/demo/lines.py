"""What is said by itself in the demo, and what it means in English. Texts only."""

from __future__ import annotations

ANNA_SAYS = (
    "Dzień dobry! Moja karta paliwowa została przed chwilą odrzucona na stacji 0412, a muszę jechać dalej. Co robić?"
)
FERENC_SAYS = "Jó napot! A múlt havi számlán van egy autómosás, ami nem a miénk. Kérem, nézzék meg."
MEANING = {
    ANNA_SAYS: (
        "Good morning! My fuel card was declined at station 0412 just now and I have to drive on. What can I do?"
    ),
    FERENC_SAYS: "Hello! Last month's invoice has a car wash on it that is not ours. Please have a look.",
}
