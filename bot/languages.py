"""What is said to somebody who writes a language that no article answers in. Pure."""

from __future__ import annotations

from typing import Final

LINES: Final = {
    "pl": "Nie mam na to jeszcze artykułu po polsku. Napisz „człowiek”, a zajmie się tym osoba z działu IT.",
    "de": "Dazu habe ich noch keinen Artikel auf Deutsch. Schreiben Sie „Mensch“, dann kümmert sich jemand aus der IT darum.",
    "fr": "Je n’ai pas encore d’article en français à ce sujet. Écrivez « humain » et une personne de l’informatique s’en occupera.",
    "es": "Todavía no tengo un artículo en español sobre eso. Escriba «humano» y una persona de informática se ocupará.",
    "it": "Non ho ancora un articolo in italiano su questo. Scriva «persona» e se ne occuperà qualcuno dell’IT.",
    "pt": "Ainda não tenho um artigo em português sobre isso. Escreva «humano» e uma pessoa da informática tratará disso.",
    "nl": "Daarover heb ik nog geen artikel in het Nederlands. Schrijf „mens” en iemand van IT pakt het op.",
    "uk": "Поки що не маю про це статті українською. Напишіть «людина», і цим займеться хтось з ІТ.",
    "ru": "Пока у меня нет об этом статьи на русском. Напишите «человек», и этим займётся кто-то из ИТ.",
    "ja": "この件についての日本語の記事はまだありません。「人」と書いていただければ、IT担当者が対応します。",
    "zh": "关于这个问题，我还没有中文文章。请输入“人工”，IT 人员会为您处理。",
    "ko": "이 문제에 대한 한국어 문서는 아직 없습니다. “사람”이라고 쓰시면 IT 담당자가 도와드립니다.",
}


def other_language(language: str) -> str:
    """The reply in that language where we can, and in English."""
    english = "I have no article about that in this language. A person in IT can read this and help you."
    line = LINES.get(language)
    return f"{line}\n\n{english}" if line else english
