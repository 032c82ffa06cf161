"""Whether a document speaks to the model that reads it: then nothing the model says of it is believed unseen."""

import re
import unicodedata

from docrail.core.model import Layout

_NEAR = r".{0,60}?"
_VERBS = (
    r"ignor\w*|disregard\w*|forget\w*|overrid\w*|bypass\w*|missacht\w*|vergiss|vergessen|oublie\w*|olvid\w*|omit\w*|"
    r"dimentic\w*|negeer\w*|vergeet\w*|do not (?:follow|obey)"
)
_TARGETS = (
    r"instruct\w*|prompts?|previous|prior|above|earlier|rules?|guidelines?|anweisung\w*|vorgabe\w*|vorherig\w*|obig\w*|"
    r"regeln?|consignes?|pr[ée]c[ée]dent\w*|ci-dessus|instrucci\w*|anterior\w*|reglas?|istruzion\w*|regole|instructies?|"
    r"voorgaande|vorige|bovenstaande|everything|schema"
)
_READERS = (
    r"a\.?i\.?|llms?|language models?|ai models?|assistant[,:]|chatbots?|chatgpt|gpt(?:-?\d\w*)?|claude|gemini|copilot|"
    r"(?:data |field |document )?(?:extractors?|extraction (?:systems?|models?|tools?|agents?|engines?))|"
    r"sprachmodelle?|mod[èe]les? de langage|modelos? de lenguaje|modelli? linguistic\w|taalmodel\w*|parsers?|bots?"
)
_ORDERS = (
    r"must|should|shall|please|report\w*|returns?|outputs?|answers?|respond\w*|replies|reply|set|use|extract\w*|write|"
    r"record|put|say|treat|change|muss|sollen?|soll|melde\w*|gib|schreib\w*|doit|dois|r[ée]pond\w*|indique\w*|debes?|"
    r"responde\w*|escrib\w*|devi|deve|rispond\w*|scriv\w*|moet\w*|antwoord\w*|bitte|fill|enter|mark|approve"
)
_PATTERNS = (
    rf"\b(?:{_VERBS})\b{_NEAR}\b(?:{_TARGETS})\b",
    rf"\b(?:{_READERS})\b{_NEAR}\b(?:{_ORDERS})\b",
    rf"\b(?:{_ORDERS})\b{_NEAR}\b(?:language models?|llms?|ai (?:models?|assistants?|systems?)|chatgpt|claude)\b",
    r"\b(?:system|developer|admin\w*)\s*(?:prompts?|override|messages?|instructions?|notes?)\b",
    r"\b(?:new|updated|revised|real|actual|important|hidden|secret|neue|nouvelles?|nuevas?|nuove|nieuwe) "
    r"(?:instruct\w*|anweisung\w*|consignes?|istruzion\w*|prompts?)\b",
    r"\b(?:report|return|output|answer|respond with|set|write|record|extract|use|enter)\b"
    r".{0,60}?\b(?:instead|regardless|no matter what|as the (?:value|answer|total|amount|result))\b",
    r"\byou are (?:now )?(?:an?|the|in|no longer)\b",
    r"\b(?:jailbreak|prompt injection|developer mode|end of (?:the )?(?:document|prompt|data|input))\b",
    r"<\|[^|<>]{1,40}\|>|\[/?INST\]|<</?SYS>>|</?(?:system|instructions?|assistant|user|document|data|untrusted)>",
    r"#{2,}\s*(?:system|instructions?|response|assistant|task)\b",
    r"[\"“](?:value|quote)[\"”]\s*:",
    r"(?:^|\n)\s*(?:system|assistant|human)\s*:",
)
_SUSPECT = re.compile("|".join(_PATTERNS), re.IGNORECASE)
_PACKED = re.compile(
    r"(?:ignore|disregard|forget)(?:all|any|the|every|your)*(?:previous|prior|above|earlier|instructions|rules)",
    re.IGNORECASE,
)


def speaks_to_model(layout: Layout) -> bool:
    """Whether the visible text holds what reads like instructions to a model.

    It is a filter for what is common, in the languages docrail knows: a document may be held in vain, and one that
    only states a wrong value in plain words is not found here.
    """
    text = _plain(layout.text)
    return bool(
        _SUSPECT.search(text) or _SUSPECT.search(" ".join(text.split())) or _PACKED.search(_squeezed(text))
    )


def _plain(text: str) -> str:
    """Text without look-alikes of compatibility and what has no width.

    >>> _plain("ig\\u200bnore ａｌｌ")
    'ignore all'
    """
    kept = (character for character in text if unicodedata.category(character) != "Cf")
    return unicodedata.normalize("NFKC", "".join(kept))


def _squeezed(text: str) -> str:
    return "".join(character for character in text if character.isalnum())
