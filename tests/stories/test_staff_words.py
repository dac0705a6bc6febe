"""The command language in the colleagues' own words, in the hub that runs."""

from __future__ import annotations

from tests.support.stage import Stage


async def test_a_verb_is_understood_in_every_language(stage: Stage) -> None:
    """Issue 5: typed with or without accents, in any of five languages, whoever the colleague is."""
    await stage.until(lambda: stage.app.entrance.registry.find("zamknij"))
    await stage.customer("Segítség")
    for close, again in (("zamknij", "wznów"), ("zatvor", "znovuotvor"), ("lezár", "újranyit"), ("закрыть", "открыть")):
        await stage.staff(f"/{close} T1")
        assert (await stage.ticket())["state"] == "closed", close
        await stage.staff(f"/{again} T1")
        assert (await stage.ticket())["state"] == "open", again


async def test_the_staff_chat_has_a_menu_in_each_language_and_customers_have_none(stage: Stage) -> None:
    """Issue 5: names stay, descriptions are the reader's."""
    await stage.until(lambda: len(stage.world.commands) == 5)
    menus = {str(key): value for key, value in stage.world.commands.items()}
    assert all(str(stage.desk.id) in key for key in menus), menus.keys()
    descriptions = {one["description"] for menu in menus.values() for one in menu if one["command"] == "take"}
    assert descriptions == {
        "make the ticket yours",
        "weź zgłoszenie",
        "vezmi si požiadavku",
        "az ügy átvétele",
        "взять обращение себе",
    }
