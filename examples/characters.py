"""Windows of a text and the character behind each, as arrays for characters_lstm.yaml.

    python examples/characters.py        writes characters.npz and characters_test.npz beside the text

The last tenth of the text is the test: no window of the training reaches into it.
"""

from pathlib import Path

import numpy as np

LENGTH, ALPHABET = 24, "\n abcdefghijklmnopqrstuvwxyz,."
DATA = Path(__file__).resolve().parent / "data"


def windows(text: str) -> dict[str, np.ndarray]:
    """Every window of the text, as numbers of its characters, and the character behind it."""
    codes = np.array([ALPHABET.index(letter) for letter in text])
    cut = np.lib.stride_tricks.sliding_window_view(codes, LENGTH + 1)
    return {"tok": cut[:, :-1].copy(), "y": cut[:, -1].copy()}


if __name__ == "__main__":
    text = (DATA / "harbour.txt").read_text(encoding="utf-8").lower()
    split = len(text) * 9 // 10
    np.savez_compressed(DATA / "characters.npz", **windows(text[:split]))
    np.savez_compressed(DATA / "characters_test.npz", **windows(text[split:]))
