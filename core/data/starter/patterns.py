"""Sentence patterns of the scene captions.

A slot is ``{X.form}``: X names a sound (A, B, C in order of onset, G the background), form is

- ``c`` finite clause ("a dog barks twice"), ``p`` progressive clause ("a dog is barking twice"),
- ``s`` and ``t`` the same two without saying how often or how loud,
- ``g`` gerund clause ("a dog barking twice"), ``n`` noun phrase ("the barking of a dog"),
- ``o`` a place phrase ("near a stream"),
- ``w`` how often, as an adverb of its own ("twice").

A verb right after ``{X.n}``, and "is" in "there is {X.n}", agree with what is put in.

Each list holds only what is true of every scene it is used for.
"""

from __future__ import annotations

# --- one sound, no background -----------------------------------------------------------------
ALONE = (
    "{A.c} and no other sound can be heard",
    "{A.c} in an otherwise quiet recording",
    "{A.c} with nothing else going on around it",
    "{A.n} is heard in an otherwise quiet place",
    "{A.n} is the only thing that can be heard here",
    "the only sound to be heard is {A.n}",
    "there is nothing to hear but {A.n}",
    "{A.p} without any other noise",
    "{A.p} and everything else is quiet",
    "it is quiet except for {A.n}",
    "apart from {A.n} it is completely quiet",
    "the recording contains {A.n} and nothing else",
)
ALONE_QUIET_BEFORE = (
    "after a moment of near silence {A.c}",
    "it is quiet at first and then {A.c}",
    "following a short silence {A.c}",
    "near silence is broken by {A.n}",
)
ALONE_QUIET_AFTER = (
    "{A.c} and then it becomes quiet",
    "{A.c} before everything goes quiet",
    "{A.n} is heard and then there is only silence",
    "{A.n} dies away and silence follows",
)
ALONE_AT_START = (
    "{A.c} near the beginning of the recording",
    "the recording opens with {A.n} and then stays quiet",
)
ALONE_AT_END = (
    "{A.c} near the end of the recording",
    "the recording is quiet until {A.c}",
    "a quiet recording ends with {A.n}",
)
COUNTED = (
    "{A.c} with short pauses in between",
    "{A.c} in a row and then stops",
    "{A.n} can be heard {A.w} in a row",
)
THROUGHOUT = (
    "{A.c} throughout the whole recording",
    "{A.s} from the beginning to the end",
    "{A.t} all the time without a break",
    "{A.n} goes on for the whole recording",
    "{A.n} can be heard the entire time",
    "{A.s} continuously and nothing else happens",
    "{A.t} steadily and no other sound is heard",
)

# --- one sound over a background ---------------------------------------------------------------
OVER = (
    "{A.c} while {G.c} in the background",
    "{G.c} in the background while {A.c}",
    "{A.c} as {G.c}",
    "{G.c} as {A.c}",
    "{A.c} with {G.n} in the background",
    "with {G.n} in the background {A.c}",
    "against the background of {G.n} {A.c}",
    "over {G.n} {A.c}",
    "{A.c} {G.o}",
    "{G.o} {A.c}",
    "{A.p} {G.o}",
    "{A.n} can be heard over {G.n}",
    "{G.c} and at the same time {A.c}",
    "{A.p} while {G.c} at a lower volume",
    "there is {A.n} with {G.n} behind it",
    "behind {A.n} there is {G.n}",
)

# --- two sounds, one after the other -----------------------------------------------------------
THEN = (
    "{A.c} and then {B.c}",
    "{A.c}, then {B.c}",
    "{A.c}, followed by {B.g}",
    "{A.c}, followed by {B.n}",
    "{A.n} is followed by {B.n}",
    "{A.c} before {B.c}",
    "after {A.c}, {B.c}",
    "after {A.n}, {B.c}",
    "first {A.c} and then {B.c}",
    "first there is {A.n} and then {B.n}",
    "{A.c} and a little later {B.c}",
    "{A.c} and after that {B.c}",
    "{B.c} after {A.c}",
    "{B.n} comes after {A.n}",
    "{A.n} comes first and {B.n} comes second",
    "{A.n} gives way to {B.n}",
    "once {A.n} is over, {B.c}",
    "{A.p} and soon afterwards {B.c}",
    "at first {A.c}, and later {B.c}",
)
# --- two sounds at the same time ---------------------------------------------------------------
WHILE = (
    "{A.c} while {B.c}",
    "{B.c} while {A.c}",
    "{A.c} as {B.c}",
    "{A.p} while {B.p}",
    "{A.c} and {B.c} at the same time",
    "at the same time {A.c} and {B.c}",
    "{A.n} and {B.n} are heard at the same time",
    "{A.n} and {B.n} sound together",
    "{A.n} mixes with {B.n}",
    "{A.n} overlaps with {B.n}",
    "{A.c}, accompanied by {B.n}",
    "together with {A.n}, {B.c}",
    "one can hear {A.g} and {B.g} at once",
)
# --- A overlaps the clearly softer B (or B the softer A; the caller swaps) -----------------------
BEHIND = (
    "{A.c} with {B.n} in the background",
    "{A.c} while {B.s} in the background",
    "{B.s} in the background while {A.c}",
)

# --- three sounds --------------------------------------------------------------------------------
THEN_THEN = (
    "{A.c}, then {B.c}, and finally {C.c}",
    "{A.c}, followed by {B.n} and then {C.n}",
    "first {A.c}, then {B.c}, and at last {C.c}",
    "{A.c} and then {B.c} before {C.c}",
    "after {A.n}, {B.c}, and then {C.c}",
    "{A.n}, {B.n} and {C.n} follow one another",
    "{A.n} is followed by {B.n} and finally by {C.n}",
    "one after another, {A.c}, {B.c} and {C.c}",
    "{C.c} after {A.n} and {B.n} have ended",
)
WHILE_THEN = (
    "{A.c} while {B.c}, and then {C.c}",
    "{A.c} as {B.c}, followed by {C.n}",
    "{A.n} and {B.n} sound together before {C.c}",
    "after {A.n} along with {B.n}, {C.c}",
    "{B.c} while {A.c}, and afterwards {C.c}",
)
THEN_WHILE = (
    "{A.c}, and then {B.c} while {C.c}",
    "after {A.n}, {B.c} while {C.c}",
    "{A.c}, followed by {B.n} together with {C.n}",
    "{A.c} before {B.c} and {C.c} at once",
    "first {A.c}, then {B.n} and {C.n} sound together",
)
ALL_TOGETHER = (
    "{A.c} while {B.c} and {C.c}",
    "{A.n}, {B.n} and {C.n} sound at the same time",
    "{A.n} mixes with {B.n} and {C.n}",
    "at the same time {A.c}, {B.c} and {C.c}",
)

# --- a background under two or three sounds; {S} is the sentence about them -----------------------
UNDER_AFTER = (
    "{S}, with {G.n} in the background",
    "{S}, while {G.c} in the background",
    "{S} {G.o}",
)
# Only before a sentence that starts with one of its sounds.
UNDER_BEFORE = (
    "with {G.n} in the background, {S}",
    "in the background {G.c} as {S}",
    "{G.o}, {S}",
    "over {G.n}, {S}",
)

ALL = {
    name: value
    for name, value in dict(globals()).items()
    if name.isupper() and isinstance(value, tuple)
}
