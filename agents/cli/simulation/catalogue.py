"""What the simulated shop sells, for how much in which currency, and how much it has of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

PLENTY: Final = 100_000  # at 3 orders a second the best seller lasts most of a day
SCARCE: Final = 4  # gone within the first hundred orders

# A price list, not a conversion: fixed rates, to whole hundred won and five fils.
_IN: Final[dict[str, Callable[[int], int]]] = {
    "USD": lambda cents: cents,
    "EUR": lambda cents: cents * 92 // 100,
    "KRW": lambda cents: cents * 138 // 1000 * 100,
    "KWD": lambda cents: cents * 307 // 500 * 5,
}
CURRENCIES: Final = tuple(_IN)


@dataclass(frozen=True, slots=True)
class Product:
    """Something to buy; `cents` is its price in US cents."""

    sku: str
    name: str
    cents: int
    stock: int = PLENTY

    def price(self, currency: str) -> int:
        """What one costs, in minor units."""
        return _IN[currency](self.cents)


# The best seller first.
CATALOGUE: Final = (
    Product("TEA-GREEN", "Green tea, 100 g", 790),
    Product("MUG-BLUE", "Blue mug", 1290),
    Product("TEA-BLACK", "Black tea, 100 g", 690),
    Product("HONEY", "Forest honey, 500 g", 1150),
    Product("COFFEE", "Coffee beans, 1 kg", 2190),
    Product("CUP-SET", "Six cups", 3490),
    Product("TEAPOT", "Teapot, 1 l", 4290),
    Product("FILTER", "Paper filters", 390),
    Product("FIRST-FLUSH", "First flush, 50 g", 3900, SCARCE),
    Product("SPOON", "Tea spoon", 450),
    Product("BISCUIT", "Ginger biscuits", 520),
    Product("KETTLE", "Kettle", 5900),
    Product("CHOCOLATE", "Dark chocolate", 480),
    Product("MATCHA", "Matcha, 30 g", 2450),
    Product("WHISK", "Bamboo whisk", 1890),
    Product("TRAY", "Beech tray", 3190),
    Product("GRINDER", "Coffee grinder", 8900),
    Product("KYUSU", "Kyusu teapot, signed", 18900, SCARCE),
    Product("SUGAR", "Rock sugar", 340),
    Product("LEMON", "Dried lemon", 610),
    Product("TIN", "Tea tin", 990),
    Product("TOWEL", "Linen towel", 1450),
    Product("SCALE", "Kitchen scale", 3990),
    Product("THERMOS", "Thermos flask", 2990),
    Product("CANDLE", "Beeswax candle", 1190),
    Product("JAM", "Quince jam", 690),
    Product("PU-ERH", "Pu-erh cake of 1998", 24900, SCARCE),
    Product("OOLONG", "Oolong, 50 g", 1690),
    Product("STRAINER", "Strainer", 890),
    Product("CARAFE", "Glass carafe", 2790),
)
