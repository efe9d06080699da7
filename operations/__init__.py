"""Commands for operators. No function imports them, and no image holds them."""
