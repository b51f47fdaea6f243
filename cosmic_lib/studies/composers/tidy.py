"""The layout of the Kaggle set midi_classic_music, and tidying it as a plan that is carried out only when asked.

What the plan makes of a folder that stands as its publisher ships it:

  midiclassics/Mozart/K04 Minuet in F.mid   Mozart/K04 Minuet in F.mid: lifted out of the folder around the composers
  Beethoven/122.MID                         Beethoven/122.mid
  Tchakoff/Cossack dance.mid                Tchaikovsky/Cossack dance.mid: a misspelt folder
  Lizt Liebestraum.mid                      Liszt/Lizt Liebestraum.mid: a loose file, filed by its name
  Mozart/sonatas.zip                        stays, and is listed among the strangers

A folder lies around the composers if it is called midiclassics, or if all MIDI files lie in folders of it and its name
is not that of a known composer. Each folder in it is a composer; labels are read from no other part of a path.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from cosmic_lib import archive, folders, midi

ALIASES = {
    "Albe'niz": "Albeniz",
    "Albe╠üniz": "Albeniz",  # how an accent comes out of an archive whose names are read as those of old PCs
    "Mendelsonn": "Mendelssohn",
    "Tchakoff": "Tchaikovsky",
    "Tchaicovsky": "Tchaikovsky",
    "Haendel": "Handel",
    "Straus": "Strauss",  # as the study has it, though its Chocolate Soldier is by another composer, Oscar Straus
    "Strauss, J": "Strauss",
    "Pachebel": "Pachelbel",
    "Lizt": "Liszt",
    "Buxehude": "Buxtehude",
    "Buxethude": "Buxtehude",
    "Gershuin": "Gershwin",
    "Rothchlid": "Rothchild",
    "Rimsky": "Rimsky-Korsakov",
    "Ambroise Thomas": "Thomas",
    "J.S.Bach": "Bach",
}
"""Misspelt folders and first words of names -> composer. The study has nine of them (source lines 266 to 275)."""
COMPOSERS = (
    *("Bach", "Beethoven", "Bizet", "Chopin", "C.P.E.Bach", "Diabelli", "Mozart", "Nicolai", "Pollen", "Reger"),
    "Reinecke",
)
"""Known even where no folder has their name: the study's four, and those of whom the set has loose files only."""
NO_COMPOSERS = {
    "augmented_pitch": "shifted copies of other pieces; that is no composer",
    **dict.fromkeys(("Unknown", "Unknown Artist"), "nobody knows whose pieces these are"),
}
"""Folders that are no composer's, wherever they lie, and why. The study had the first as one of 145 composers (source
line 2899)."""
AROUND = "midiclassics"

LIFTED = "lifted out of a folder around the composers"
SPELT = "another spelling of the composer"
FILED = "a loose file, filed by its name"
ENDING = "ends in .mid"
NUMBERED = "numbered, as another file has its name"


@dataclass(frozen=True)
class Plan:
    """Where MIDI files stand, and where they belong.

    Args:
        root: folder of the set.
        files: a row per MIDI file of a composer, sorted by file; columns file and moves_to (paths under the root, with
            slashes; the same where it may stay), composer, and why it moves, empty where it stays.
        strangers: columns file and reason; what is left where it is, and belongs to no composer.
    """

    root: Path
    files: pd.DataFrame
    strangers: pd.DataFrame

    @property
    def moves(self) -> pd.DataFrame:
        """Those of the files that do not stand where they belong."""
        return self.files[self.files["file"] != self.files["moves_to"]]

    def __str__(self) -> str:
        """What would be done: how many files move for which reason, with an example of each."""
        moves = self.moves
        lines = [f"{self.root}: {len(moves)} of {len(self.files)} MIDI files would move; nothing is deleted"]
        counts = Counter(reason for why in moves["why"] for reason in why.split("; "))
        for reason, count in counts.most_common():
            example = next(row for row in moves.itertuples() if reason in row.why.split("; "))
            lines.append(f"{count:6}  {reason}, such as {example.file} -> {example.moves_to}")
        for reason, rows in self.strangers.groupby("reason", sort=False):
            lines.append(f"{len(rows):6}  left alone, {reason}, such as {rows['file'].iloc[0]}")
        return "\n".join(lines)


def plan(root: str | Path, *, aliases: Mapping[str, str] = ALIASES) -> Plan:
    """Look at a folder of the set, or at any tree with a folder per composer, and change nothing.

    Args:
        root: the folder.
        aliases: another name -> composer, for folders and for the first words of loose files. Accents, capitals, blanks
            and punctuation do not matter.

    Returns:
        The plan; of two files that belong to one place, the second gets a number.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: an alias leads to itself, to another alias, or to what cannot be the name of a folder.

    Source study: composers, lines 283 to 326.
    """
    root = Path(root)
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: no such folder; give the one that midi_classic_music was unpacked into")
    known = _known(aliases)
    wanted, strangers = _look(root)
    inside = _lifted(wanted, known)
    for folder in sorted({path.parts[0] for path in inside if len(path.parts) > 1}):
        known.setdefault(_plain(folder) or folder, unicodedata.normalize("NFC", folder))
    rows = []
    for path, below in zip(wanted, inside, strict=True):
        if composer := _composer(below, known):
            rows.append((str(path), composer, *_place(path, below, composer)))
        else:
            strangers.append((str(path), "no composer known by this name"))
    files = pd.DataFrame(rows, columns=["file", "composer", "moves_to", "why"])
    files = _numbered(files, [*files["file"], *(file for file, _ in strangers)])
    table = pd.DataFrame(sorted(strangers), columns=["file", "reason"])
    return Plan(root, files[["file", "moves_to", "composer", "why"]], table)


def carry_out(plan: Plan) -> int:
    """Move the files of a plan to where they belong.

    Nothing is overwritten or deleted; folders that become empty stay. If it is interrupted, plan again and go on.

    Args:
        plan: files that no longer stand where it saw them are passed over.

    Returns:
        How many files were moved.

    Raises:
        FileExistsError: a place has been taken meanwhile; files not yet moved stay where they are.
        OSError: a file cannot be moved; it stays, as do those after it.
    """
    moved = 0
    for row in plan.moves.itertuples():
        old, new = plan.root / row.file, plan.root / row.moves_to
        if not old.is_file():
            continue
        if os.path.lexists(new) and not new.samefile(old):  # some disks take Bach/1.MID and Bach/1.mid for one file
            raise FileExistsError(f"{new}: is there already; nothing is overwritten, so plan again, with it in view")
        new.parent.mkdir(parents=True, exist_ok=True)
        old.rename(new)
        moved += 1
    return moved


def composers(files: pd.DataFrame, wanted: Iterable[str]) -> pd.DataFrame:
    """Choose the pieces of some composers.

    Args:
        files: with a column composer, such as `Plan.files`.
        wanted: their names.

    Returns:
        The rows of these composers, in order.

    Raises:
        ValueError: one of them has no pieces; names all that are missing, and all that are there.

    Source study: composers, lines 228 to 240.
    """
    wanted, present = list(wanted), set(files["composer"])
    if missing := [name for name in wanted if name not in present]:
        raise ValueError(
            f"no pieces by {', '.join(missing)}; there are some by {', '.join(sorted(present)) or 'nobody'}; choose "
            "among these, or add the other spelling to the aliases"
        )
    return files[files["composer"].isin(wanted)]


def _known(aliases: Mapping[str, str]) -> dict[str, str]:
    """Every known name in plain letters -> composer."""
    known = {_plain(composer): composer for composer in COMPOSERS}
    for name, composer in aliases.items():
        if unicodedata.normalize("NFC", name) == unicodedata.normalize("NFC", composer):
            raise ValueError(
                f"the alias {name!r} leads to itself: moving a folder into itself and removing what was left of it has "
                "cost the study that folder; take the entry out, a name needs no alias for itself"
            )
        if not _plain(composer) or re.search(r"[/\\\0]", composer) or composer.startswith("."):
            raise ValueError(f"the alias {name!r} leads to {composer!r}, which cannot be a folder; name a composer")
        if not _plain(name):
            raise ValueError(f"the alias {name!r} has no letter or digit; take the entry out")
    for name, composer in aliases.items():
        further = [one for one in aliases if _plain(one) == _plain(composer) and aliases[one] != composer]
        if further:
            raise ValueError(
                f"the alias {name!r} leads to {composer!r}, and {further[0]!r} on to {aliases[further[0]]!r}; let each "
                "lead straight to the composer"
            )
        known.setdefault(_plain(composer), composer)
    return known | {_plain(name): composer for name, composer in aliases.items()}


def _plain(name: str) -> str:
    """A name in small letters and digits alone, without accents."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in letters if letter.isalnum())


_NO_COMPOSERS = {_plain(name): reason for name, reason in NO_COMPOSERS.items()}


def _look(root: Path) -> tuple[list[PurePosixPath], list[tuple[str, str]]]:
    """The MIDI files of a folder; and the others, each with the reason."""
    paths, strangers = folders.walk(root)
    wanted = []
    for path in (PurePosixPath(folders.shown(path, root)) for path in paths):
        if any(part.startswith(".") for part in path.parts):
            strangers += [(str(path), "hidden")] if path.name != ".manifest.json" else []
        elif archive.is_archive(Path(path.name)):
            strangers.append((str(path), "an archive; unpack it by hand if its pieces are not there already"))
        elif path.suffix.lower() not in midi.FILES:
            strangers.append((str(path), "not a MIDI file"))
        elif barred := next(filter(None, map(_NO_COMPOSERS.get, map(_plain, path.parts[:-1]))), None):
            strangers.append((str(path), barred))
        else:
            wanted.append(path)
    return wanted, strangers


def _lifted(files: list[PurePosixPath], known: Mapping[str, str]) -> list[PurePosixPath]:
    """The same paths without the folders that lie around all composers."""
    inside = []
    for path in files:
        names = [name.casefold() for name in path.parts[:-1]]
        inside.append(PurePosixPath(*path.parts[len(names) - names[::-1].index(AROUND) :]) if AROUND in names else path)
    while inside and all(len(path.parts) > 2 for path in inside):
        outermost = {_plain(path.parts[0]) for path in inside}
        if len(outermost) > 1 or outermost & known.keys():
            break
        inside = [PurePosixPath(*path.parts[1:]) for path in inside]
    return inside


def _composer(path: PurePosixPath, known: Mapping[str, str]) -> str | None:
    """Of a file in a folder, what the folder says; of a loose one, the composer whose name its own begins with."""
    if len(path.parts) > 1:
        return known[_plain(path.parts[0]) or path.parts[0]]
    words = re.split(r"[\s_]+", path.stem)
    starts = (_plain("".join(words[:count])) for count in (4, 3, 2, 1))
    return next((known[start] for start in starts if start in known), None)


def _place(path: PurePosixPath, below: PurePosixPath, composer: str) -> tuple[str, str]:
    """Where a file belongs, and why it does not stand there."""
    loose = len(below.parts) == 1
    place = PurePosixPath(composer, *below.parts[0 if loose else 1 :]).with_suffix(".mid")
    reasons = {
        LIFTED: below != path,
        SPELT: not loose and below.parts[0] != composer,
        FILED: loose,
        ENDING: path.suffix != ".mid",
    }
    return str(place), "; ".join(reason for reason, holds in reasons.items() if holds)


def _numbered(files: pd.DataFrame, taken: list[str]) -> pd.DataFrame:
    """The same with a number in the name of each file whose place is taken, be it in other capitals."""
    places = Counter(map(_same, taken))
    for row in files[files["file"] != files["moves_to"]].itertuples():
        place, number = PurePosixPath(row.moves_to), 1
        while places[_same(str(place))] > (_same(str(place)) == _same(row.file)):  # its own name is not in its way
            number += 1
            place = PurePosixPath(row.moves_to).with_stem(f"{PurePosixPath(row.moves_to).stem} ({number})")
        places[_same(str(place))] += 1
        if number > 1:
            files.loc[row.Index, ["moves_to", "why"]] = [str(place), "; ".join(filter(None, (row.why, NUMBERED)))]
    return files


def _same(path: str) -> str:
    """A path as disks compare them that are not strict about capitals and accents."""
    return unicodedata.normalize("NFC", path).casefold()
