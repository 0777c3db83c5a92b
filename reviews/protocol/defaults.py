"""What a new review starts with; every line can be edited."""

# (name, at title and abstract, at full text), in the order in which one reason is chosen.
EXCLUSION_REASONS = (
    ("Wrong population or spectrum", True, True),
    ("Wrong index test", True, True),
    ("No or wrong reference standard", True, True),
    ("Wrong target condition", True, True),
    ("Wrong setting or role", True, True),
    ("Wrong design (case report, review, editorial, animal)", True, True),
    ("2x2 not extractable after contact", False, True),
    ("Sample too small", False, True),
    ("Overlapping population", False, True),
    ("Conference abstract only", True, True),
    ("Language", True, True),
    ("Retracted", True, True),
    ("Other", True, True),
)

HIGHLIGHT_TERMS = (
    ("sensitivity", "include"),
    ("specificity", "include"),
    ("diagnos*", "include"),
    ("accuracy", "include"),
    ("reference standard", "include"),
    ("ROC", "include"),
    ("case report", "exclude"),
    ("animal*", "exclude"),
)
