"""The pages a browser shows; they know only the contracts handed to them."""
