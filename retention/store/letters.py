"""Letters and their moves: rows that are only ever added."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, select, true

from retention.errors import StateError, UnknownNameError
from retention.model.letter import OUTCOMES, Letter, LetterId, LetterKind, LetterMove, Posted, Stage, Way
from retention.store.engine import Database
from retention.store.outside_tables import LETTER_MOVES, LETTERS

_ENDS = tuple(stage.value for stage in (*OUTCOMES, Stage.FORGOTTEN))


class SqlLetters:
    """Implements `ports.letters.Letters`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def begin(self, letter: Letter) -> None:
        """Keep a letter and its first move, in one transaction; one that is known stays as it is."""
        row = {
            "letter_id": letter.letter_id,
            "about": letter.about,
            "kind": letter.kind.value,
            "way": letter.way.value,
            "language": letter.language,
            "begun_at": letter.begun_at,
            "expires_at": letter.expires_at,
        }
        insert = self._database.insert(LETTERS).values(row).on_conflict_do_nothing(index_elements=["letter_id"])
        added = insert.returning(LETTERS.c.letter_id)
        with self._database.writing() as connection:
            if connection.scalar(added) is not None:
                self._add(connection, LetterMove(letter.letter_id, letter.begun_at, Stage.BEGUN))

    def note(self, move: LetterMove) -> None:
        """Add a move.

        Raises:
            UnknownNameError: there is no such letter.
            StateError: the letter is over, and it is not about being forgotten.

        """
        this = LETTERS.c.letter_id == move.letter_id
        with self._database.writing() as connection:
            # the row's lock: two who end a letter at once do it one after the other
            if connection.execute(select(LETTERS.c.seq).where(this).with_for_update()).one_or_none() is None:
                raise _unknown(move.letter_id)
            ended = (LETTER_MOVES.c.letter_id == move.letter_id) & LETTER_MOVES.c.stage.in_(_ENDS)
            stages = set(connection.scalars(select(LETTER_MOVES.c.stage).where(ended)))
            if stages and move.stage is not Stage.FORGOTTEN:
                raise StateError(
                    f"letter {move.letter_id} is {', '.join(sorted(stages))}; nothing happens to it any more"
                )
            if move.stage.value not in stages:
                self._add(connection, move)

    def get(self, letter_id: LetterId) -> Posted:
        """Return the letter and its moves; raises UnknownNameError."""
        found = self._read(LETTERS.c.letter_id == letter_id)
        if not found:
            raise _unknown(letter_id)
        return found[0]

    def of(self, about: str) -> tuple[Posted, ...]:
        """Return the letters about a case or notice, oldest first."""
        return self._read(LETTERS.c.about == about)

    def all(self) -> tuple[Posted, ...]:
        """Return every letter, oldest first."""
        return self._read(true())

    def open(self) -> tuple[Posted, ...]:
        """Return those that are not forgotten, oldest first."""
        last = LETTER_MOVES.alias()
        forgotten = (last.c.letter_id == LETTERS.c.letter_id) & (last.c.stage == Stage.FORGOTTEN.value)
        return self._read(~exists().where(forgotten))

    def _read(self, where: ColumnElement[bool]) -> tuple[Posted, ...]:
        letters = select(LETTERS).where(where).order_by(LETTERS.c.seq)
        moves = select(LETTER_MOVES).join(LETTERS, LETTERS.c.letter_id == LETTER_MOVES.c.letter_id)
        happened: dict[str, list[LetterMove]] = defaultdict(list)
        with self._database.reading() as connection:
            rows = connection.execute(letters).all()
            for row in connection.execute(moves.where(where).order_by(LETTER_MOVES.c.seq)):
                happened[row.letter_id].append(_move(row))
        return tuple(Posted(_letter(row), tuple(happened[row.letter_id])) for row in rows)

    def _add(self, connection: Connection, move: LetterMove) -> None:
        row = {"letter_id": move.letter_id, "at": move.at, "stage": move.stage.value}
        row |= {"code": move.code, "digest": move.digest}
        connection.execute(self._database.insert(LETTER_MOVES).values(row))


def _letter(row: Row[Any]) -> Letter:
    return Letter(
        letter_id=LetterId(row.letter_id),
        about=row.about,
        kind=LetterKind(row.kind),
        way=Way(row.way),
        language=row.language,
        begun_at=row.begun_at,
        expires_at=row.expires_at,
    )


def _move(row: Row[Any]) -> LetterMove:
    return LetterMove(LetterId(row.letter_id), row.at, Stage(row.stage), row.code, row.digest)


def _unknown(letter_id: LetterId) -> UnknownNameError:
    return UnknownNameError(f"there is no letter {letter_id[:60]}", hint="`retention letters list` shows them")
