"""The words that every codebook holds from the start. A house adds its own, relabels these and switches them off."""

from __future__ import annotations

from kernel import texts

# codebook → its shipped words, in the order in which they are offered
SHIPPED = {
    "area": ("pl", "sk", "cz", "hu", "ru", "other"),
    "activity": ("transport", "logistics", "building", "trade", "farming", "industry", "services", "public", "other"),
    "relation": ("prospect", "buyer", "supplier", "partner", "competitor", "other"),
    "opportunity": ("interest", "inquiry", "tender", "order"),
    "source": ("recommendation", "web", "advertisement", "fair", "visit", "station", "partner", "other"),
    "channel": ("direct", "telesales", "partner", "station", "web"),
    "case": ("question", "complaint", "fault", "request"),
}
_LABELS = {
    "area/pl": "Poland",
    "area/sk": "Slovakia",
    "area/cz": "Czechia",
    "area/hu": "Hungary",
    "area/ru": "Russia",
    "area/other": "Other",
    "activity/transport": "Transport",
    "activity/logistics": "Logistics",
    "activity/building": "Building",
    "activity/trade": "Trade",
    "activity/farming": "Farming",
    "activity/industry": "Industry",
    "activity/services": "Services",
    "activity/public": "Public sector",
    "activity/other": "Other",
    "relation/prospect": "Prospect",
    "relation/buyer": "Buyer",
    "relation/supplier": "Supplier",
    "relation/partner": "Partner",
    "relation/competitor": "Competitor",
    "relation/other": "Other",
    "opportunity/interest": "Preliminary interest",
    "opportunity/inquiry": "Request for a quote",
    "opportunity/tender": "Tender",
    "opportunity/order": "Binding order",
    "source/recommendation": "Recommendation",
    "source/web": "Web",
    "source/advertisement": "Advertisement",
    "source/fair": "Trade fair",
    "source/visit": "Visit by us",
    "source/station": "Station",
    "source/partner": "Partner",
    "source/other": "Other",
    "channel/direct": "Direct sale",
    "channel/telesales": "Telesales",
    "channel/partner": "Partner",
    "channel/station": "Station",
    "channel/web": "Web",
    "case/question": "Question",
    "case/complaint": "Complaint",
    "case/fault": "Fault",
    "case/request": "Request",
}


def labels(book: str, code: str) -> dict[str, str]:
    """The label of a shipped word in every language."""
    return {language: texts.say(language, _LABELS[f"{book}/{code}"]) for language in texts.LANGUAGES}
