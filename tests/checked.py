"""What the check_*.py have in common: they count what held, say what did not, and close with a line and a status."""

LONGEST = 2000  # characters that are shown of what was found instead

complaints = []
passed = 0


def expect(what, good, *found):
    """Counts `what` as passed, or keeps it with what was found instead."""
    global passed
    passed += bool(good)
    if not good:
        shown = [str(detail) for detail in found if detail != ""]
        complaints.append(": ".join([what, "\n".join(shown)])[:LONGEST] if shown else what)


def end():
    """Prints what was kept, each once, and the closing line; the exit status. To have checked nothing is a failure."""
    for complaint in dict.fromkeys(complaints):
        print(complaint)
    print(f"{passed} passed, {len(complaints)} failed")
    return 1 if complaints or not passed else 0
