"""The network: named channels, an image in, points out. It knows neither Qt nor football."""
