from pathlib import Path

NOTE = Path(__file__).with_name("note.txt")


def note(text):
    NOTE.write_text(text)
    read = NOTE.read_text()
    NOTE.unlink()  # mutate: NOTE.unlink() => pass [survived]
    return read


def noted(default):
    if NOTE.exists():
        return NOTE.read_text()
    return default  # mutate: return default => return "x" [killed]


def clean():
    return not NOTE.exists()  # mutate: not NOTE.exists() => True [survived]
