"""Messages that are not requests: greetings, thanks, "help", and the few things that steer a conversation.

Only a whole message counts: "help" is a call for help, "help me with the printer" a request. A phrase matches at one
slip of the finger in six letters, unless the slip takes a "not" away. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum, auto

from rapidfuzz import process
from rapidfuzz.distance import OSA

SIMILAR = 0.82
"""Normalised similarity (optimal string alignment) from which two phrases are the same: one slip in six letters."""

TICKET_NUMBER = re.compile(r"\s*(?:ticket\s+)?[Tt]-?\s?#?(\d{3,9})\s*[?!.]*\s*")

LONGEST = 48
"""Characters; a longer message has something to say."""


class Talk(Enum):
    EMPTY = auto()
    """Nothing to read: blank, or only symbols and emoji."""
    GREETING = auto()
    THANKS = auto()
    GOODBYE = auto()
    HELP = auto()
    HUMAN = auto()
    """Wants a person."""
    MY_TICKETS = auto()
    NEW_QUESTION = auto()
    SOLVED = auto()
    NOT_SOLVED = auto()
    WITHDRAW = auto()
    CANCEL = auto()
    SKIP = auto()
    PRIVATE = auto()
    """Would rather not say it in front of others."""


_PHRASES: dict[Talk, str] = {
    Talk.GREETING: """hi|hello|hey|hey there|hi there|hello there|hiya|howdy|yo|sup|good morning|morning|good afternoon|
        good evening|hi team|hello team|hey team|hi all|hello everyone|hi it|hello it|hi bot|hello bot|hey bot|
        anyone there|is anyone there|is anybody here|are you there|hello anybody|test|testing|ping|how are you|whats up|
        cześć|czesc|dzień dobry|dzien dobry|hej|witam|hallo|guten tag|guten morgen|servus|moin|bonjour|salut|hola|
        buenos días|buenos dias|buenas tardes|ciao|buongiorno|olá|ola|bom dia|hoi|goedemorgen|ahoj|dobrý den|привіт|
        привет|здравствуйте|добрий день|你好|こんにちは|안녕하세요|مرحبا|שלום|नमस्ते""",
    Talk.THANKS: """thanks|thank you|thank you very much|thanks a lot|many thanks|thx|ty|tysm|cheers|thanks so much|
        thank you so much|ok thanks|okay thanks|ok thank you|great thanks|great thank you|perfect thanks|perfect|great|
        awesome|awesome thanks|nice|cool|ok|okay|k|got it|understood|will do|much appreciated|appreciate it|
        appreciated|thanks for your help|thank you for your help|thanks for the help|no problem|np|lol|haha|
        you rock|youre the best|good bot|no thanks|no thank you|dzięki|dzieki|dziękuję|dziekuje|dziękuję bardzo|danke|danke schön|vielen dank|
        merci|merci beaucoup|gracias|muchas gracias|grazie|grazie mille|obrigado|obrigada|dank je|bedankt|děkuji|diky|
        дякую|спасибо|谢谢|ありがとう|감사합니다|شكرا|תודה|धन्यवाद""",
    Talk.GOODBYE: """bye|goodbye|good bye|bye bye|see you|see ya|have a nice day|have a good day|have a great day|good night|
        nice weekend|have a nice weekend|do widzenia|pa|tschüss|auf wiedersehen|au revoir|adiós|adios|arrivederci""",
    Talk.HELP: """help|help me|help please|please help|i need help|need help|can you help|can you help me|could you help me|
        i need some help|what can you do|what do you do|how does this work|how do i use this|who are you|what are you|
        what is this|menu|commands|options|start|info|support|it support|help desk|helpdesk|i have a question|
        i have a problem|i have an issue|question|quick question|problem|issue|pomocy|pomoc|hilfe|aide|ayuda|aiuto|ajuda""",
    Talk.HUMAN: """talk to a person|talk to a human|talk to someone|speak to a person|speak to a human|speak to someone|
        speak with a person|speak with someone|i want to talk to a person|i want a person|i want a human|i want to speak to a person|
        i want to talk to someone|i need a person|i need a human|i need to talk to someone|can i talk to a person|
        can i talk to someone|can i speak to someone|can i speak to a person|can i talk to a human|real person|a real person|
        real person please|a human please|human please|human|person|agent|operator|representative|live agent|live person|technician|
        get me a person|get me a human|connect me to a person|connect me with a person|connect me to an agent|
        connect me to a human|let me talk to a person|let me speak to a person|just give me a person|give me a human|
        i want to speak to a human|i want to talk to a human|someone please|a person please|person please|
        open a ticket|open ticket|create a ticket|new ticket|raise a ticket|submit a ticket|log a ticket|call me|please call me|
        talk to someone in it|can i talk to someone in it|i want to talk to someone in it|talk to a technician|
        speak to a technician|speak with a technician|id like to speak with a technician|i would like to speak to a person|
        id like to talk to a person|id like to speak to a person|id like to talk to someone|can i speak to a human|
        get me someone|gimme a human|gimme a person|a real human|real human|need a real human|i need a real human|
        i need a real person|escalate|człowiek|chcę rozmawiać z człowiekiem|proszę o kontakt z człowiekiem|kontakt z człowiekiem|
        konsultant|mensch|mitarbeiter|mit einem menschen sprechen|ich möchte mit einem menschen sprechen|
        kann ich mit jemandem sprechen|une personne|humain|una persona|
        persona|humano|mens|людина|человек|人|人工|사람""",
    Talk.MY_TICKETS: """my tickets|tickets|show my tickets|list my tickets|show tickets|my requests|my open tickets|open tickets|
        status|ticket status|status of my ticket|status of my tickets|what is the status of my ticket|any update|any updates|
        any news|any progress|when will somebody answer|when will someone answer|when will i hear back|how long will it take|
        update please|whats the status|where is my ticket|moje zgłoszenia""",
    Talk.NEW_QUESTION: """new|new question|something else|another question|another problem|another issue|start over|
        something new|different question|i have another question""",
    Talk.SOLVED: """that solved it|solved|that worked|it worked|worked|its fixed now|it is fixed now|fixed now|it is fixed|
        everything works|everything works now|problem gone|the problem is gone|es geht wieder|geht wieder|funktioniert wieder|it works|it works now|works now|working now|its working now|
        it is working now|now working|its now working|it is now working|now it works|fixed|its fixed|that fixed it|that did it|all good|all good now|all good thanks|problem solved|
        resolved|that helped|it helped|yes it helped|that worked thanks|works thanks|fixed thanks|never mind i fixed it|
        sorted|sorted thanks|działa|dziala|już działa""",
    Talk.NOT_SOLVED: """still broken|it is still broken|its still broken|it is still not working|its still not working|
        not working again|still not fixed|its still not fixed|still not solved|it still does not work|still a problem|
        the problem is back|problem is back|the issue is back|the problem came back|same problem again|
        geht immer noch nicht|funktioniert immer noch nicht|immer noch kaputt|still not working|still doesnt work|it still doesnt work|still does not work|not fixed|
        its not fixed|not solved|didnt help|that didnt help|it didnt help|did not help|that did not help|this didnt help|
        didnt work|that didnt work|it didnt work|did not work|doesnt work|that doesnt work|not working|no luck|
        same problem|same issue|still the same|nothing changed|it came back|its back|its broken again|broken again|
        happening again|it happened again|reopen|reopen it|please reopen|reopen ticket|i tried that|i already tried that|
        already tried that|tried that already|i did that already|no|nope|none of these|not helpful|
        nie działa|nadal nie działa|nie pomogło""",
    Talk.WITHDRAW: """withdraw|withdraw it|withdraw my ticket|withdraw the ticket|cancel my ticket|cancel the ticket|
        cancel ticket|close my ticket|close the ticket|close it|please close|please close it|you can close it|
        you can close this|no longer needed|not needed anymore|i dont need it anymore|i dont need this anymore|
        forget about it|never mind|nevermind|nvm|please ignore|ignore this|false alarm""",
    Talk.CANCEL: """cancel|stop|quit|exit|abort|forget it|anuluj|abbrechen""",
    Talk.PRIVATE: """in private|in private please|privately please|can we do this in private|can we talk in private|
        can i tell you in private|can i say it in private|not in public|not in public please|this is private|it is private|
        its private|this is confidential|it is confidential|its confidential|confidential|private|dm me|please dm me|
        can i dm you|can you dm me|direct message please|prywatnie|privat bitte""",
    Talk.SKIP: """skip|i dont know|dont know|not sure|no idea|idk|dunno|nie wiem""",
}

_NOT_WORDS = re.compile(r"[^\w\s]|_")
_LETTER = re.compile(r"[^\W_]")
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|nothing|cannot|un(?:solved|resolved|fixed)|nie|nicht"
    r"|(?:do|does|did|ca|wo|is|was|are|were|have|has|had|could|would|should|ai)?nt)\b"
)


_COURTESY = re.compile(
    r"\b(?:please|pls|plz|bitte|proszę)\b"
    r"|^(?:(?:hi|hello|hey|ok|okay|oh|well|so|sorry|yes|great|perfect|thanks|thank you|danke|dzięki)\s)+"
    r"|(?:\s(?:sorry|thanks|thank you|thx|danke|dzięki|merci))+$"
)
_REFUSAL = re.compile(r"^(?:(?:no|nope|nah|nein|nie)\s)+")


def recognise(text: str) -> Talk | None:
    """What kind of small talk the whole message is, or None when it is something to look into."""
    bare = _bare(text.strip())
    if not bare:
        return None if _LETTER.search(text) else Talk.EMPTY
    return _phrase(bare) or _phrase(" ".join(_COURTESY.sub(" ", bare).split())) or _refused(bare)


def _refused(bare: str) -> Talk | None:
    """ "No, still broken" says what "still broken" says; "no, it works" is left to a person."""
    said = _phrase(_REFUSAL.sub("", bare))
    return said if said is Talk.NOT_SOLVED else None


def _phrase(bare: str) -> Talk | None:
    if len(bare) > LONGEST:
        return None
    if bare in _WORDS:
        return _WORDS[bare]
    if len(bare) < 6:  # one slip makes another word of a short one
        return None
    alike = process.extract(bare, _WORDS.keys(), scorer=OSA.normalized_similarity, score_cutoff=SIMILAR)
    denied = bool(_NEGATION.search(bare))
    fitting = [
        (similarity, denies, phrase)
        for phrase, similarity, _ in alike
        if (denies := bool(_NEGATION.search(phrase))) or not denied
    ]
    return _WORDS[max(fitting)[-1]] if fitting else None


def _bare(text: str) -> str:
    """Letters and digits of the message, in lower case, without stretching ("heyyyy") and without combining floods."""
    kept = unicodedata.normalize("NFKC", text[:500]).casefold().replace("'", "").replace("’", "")
    kept = "".join(
        sign for sign in kept if unicodedata.category(sign) not in ("Cf", "Cc", "Cs", "Co") or sign.isspace()
    )
    kept = re.sub(r"(\w)\1{2,}", r"\1", _NOT_WORDS.sub(" ", kept))
    return " ".join(kept.split())


_WORDS = {_bare(phrase): talk for talk, phrases in _PHRASES.items() for phrase in phrases.split("|")}
