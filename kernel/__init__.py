"""The ground floor: what every package may use and nothing that knows the trade."""
