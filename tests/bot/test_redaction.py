"""What is a secret and what is none; in a time that grows with the text and nothing else."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.redaction import redact

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
PEM = "-----BEGIN {kind}-----\nMIIEpAIBAAKCAQEA7bq8\nqX0q==\n-----END {kind}-----"

SECRETS = [
    # said with words
    ("my password is Winter2026!", "my password is [password removed]"),
    ("My Password Is winter2026", "My Password Is [password removed]"),
    ("password: winter", "password: [password removed]"),
    ("password:winter help", "password:[password removed] help"),
    ("Password = hunter22", "Password = [password removed]"),
    ("password => hunter22", "password => [password removed]"),
    ("password -> hunter22", "password -> [password removed]"),
    ("pass word: hunter22", "pass word: [password removed]"),
    ("user bob, pwd: abcd, thanks", "user bob, pwd: [password removed] thanks"),
    ("pw:S3cret!!", "pw:[password removed]"),
    ("passcode is 992211", "passcode is [password removed]"),
    ("passphrase: correct-horse", "passphrase: [password removed]"),
    ("the wifi password is sunny-Day-7 but", "the wifi password is [password removed] but"),
    ("my password for outlook is Summer2024!", "my password for outlook is [password removed]"),
    ("password of the shared mailbox was Summer2024", "password of the shared mailbox was [password removed]"),
    ("my pin is 4821", "my pin is [pin removed]"),
    ("PIN code: 4821", "PIN code: [pin code removed]"),
    ("secret: abcd", "secret: [secret removed]"),
    ("token: abcdef123456", "token: [token removed]"),
    ("api key: 0123456789abcdef", "api key: [api key removed]"),
    ("password:\n\n  hunter22", "password:\n\n  [password removed]"),
    ("password: пароль-8 ok", "password: [password removed] ok"),
    ("password: 🐢🐢🐢🐢", "password: [password removed]"),
    # without more words about it
    ("pass: Hunter22!", "pass: [password removed]"),
    ("its pass is Hunter22", "its pass is [password removed]"),
    ("user/pass: ana / Winter2026!", "user/pass: ana / [password removed]"),
    ("user/pass ana/Winter2026!", "user/pass ana/[password removed]"),
    ("password Winter2026! does not work", "password [password removed] does not work"),
    ("login ana pwd Winter2026", "login ana pwd [password removed]"),
    ("my credentials are ana:Winter2026!", "my credentials are ana:[password removed]"),
    ("here are my creds: ana@harbor.example Winter2026!", "here are my creds: ana@harbor.example [password removed]"),
    ("log in with ana and w1nter!cold", "log in with ana and [password removed]"),
    ("hasło Wiosna2026 nie działa", "hasło [password removed] nie działa"),
    ("recovery code 1234-5678-9012", "recovery code [code removed]"),
    ("the otp is 482913 ok", "the otp is [code removed] ok"),
    ("verification code: 482 913", "verification code: [code removed]"),
    # in other languages
    ("moje hasło to Kotek123", "moje hasło to [password removed]"),
    ("haslo to jest Kotek123", "haslo to jest [password removed]"),
    ("hasło: kotek", "hasło: [password removed]"),
    ("mein Passwort ist Sommer26", "mein Passwort ist [password removed]"),
    ("Kennwort: geheim", "Kennwort: [password removed]"),
    ("mot de passe : soleil22", "mot de passe : [password removed]"),
    ("mi contraseña es Verano22", "mi contraseña es [password removed]"),
    # quoted, and with quotes inside
    ('my password is "sunshine"', "my password is [password removed]"),
    ("password: 'with some spaces'", "password: [password removed]"),
    ("password: “curly quotes”", "password: [password removed]"),
    ("password: pa'ss123", "password: [password removed]"),
    ('password: "unclosed', "password: [password removed]"),
    # as programs write it
    ('{"password": "correct horse", "user": "bob"}', '{"password": [password removed], "user": "bob"}'),
    ("DB_PASSWORD=hunter2", "DB_PASSWORD=[password removed]"),
    ("userPassword=hunter2", "userPassword=[password removed]"),
    ("client_secret: 9a8b7c6d", "client_secret: [secret removed]"),
    ("API_KEY=abcd1234", "API_KEY=[api key removed]"),
    ("aws_secret_access_key = wJalrXUtnFEMI/K7", "aws_secret_access_key = [access key removed]"),
    ("https://x.test/?token=abcdefgh&y=1", "https://x.test/?token=[token removed]"),
    ("https://bob:hunter2@files.test/a", "https://[password removed]@files.test/a"),
    ("ftp://bob:h@nt:er2@files.test", "ftp://[password removed]@files.test"),
    ("secret: " + "x1" * 500 + " end", "secret: [secret removed] end"),
    ("password: [hunter22]", "password: [password removed]"),
    # with a shape of their own
    ("bot xoxb-123456789012-abcdefGHIJ works", "bot [token removed] works"),
    ("xapp-1-A012-345-abcdef", "[token removed]"),
    ("ghp_" + "a1B2" * 9, "[token removed]"),
    ("github_pat_" + "a1B2" * 9, "[token removed]"),
    ("glpat-" + "a1B2" * 5, "[token removed]"),
    ("key AKIAIOSFODNN7EXAMPLE.", "key [access key removed]."),
    (f"Bearer {JWT}, please", "Bearer [token removed], please"),
    ("sk-" + "abcd1234" * 4, "[token removed]"),
    ("AIza" + "Sy-abc_123" * 4, "[token removed]"),
    (f"here:\n{PEM.format(kind='RSA PRIVATE KEY')}\nthanks", "here:\n[private key removed]\nthanks"),
    (PEM.format(kind="PRIVATE KEY"), "[private key removed]"),
    (PEM.format(kind="OPENSSH PRIVATE KEY"), "[private key removed]"),
    (PEM.format(kind="PGP PRIVATE KEY BLOCK"), "[private key removed]"),
    ("cut off -----BEGIN EC PRIVATE KEY-----\nMHcCAQ", "cut off [private key removed]"),
    # two at once
    ("user bob password: hunter22 pin: 4821", "user bob password: [password removed] pin: [pin removed]"),
    ("old password: hunter22, new password: hunter23", "old password: [password removed] new password: [password removed]"),
]  # fmt: skip

CARDS = [
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4111111111111111",
    "4111\u00a01111\u00a01111\u00a01111",
    "4222222222222",
    "4000 0000 0000 0000 006",
    "5555555555554444",
    "2223 0031 2200 3222",
    "3782 822463 10005",
    "371449635398431",
    "6011111111111117",
    "3530 1113 3330 0000",
    "30569309025904",
    "６０１１ ０００９ ９０１３ ９４２４",
]

HARMLESS = [
    "forgot my password for Office365 on Windows11",
    "password reset for ana.nowak2@harbor.example please",
    "cannot log in to DESKTOP-4F2kq1 with my password",
    "password prompt after KB5034441, error 0x80070005",
    "the login page https://sso.harbor.example/Auth2/Start1 is blank",
    "user reports that T-1042 came back",
    "did the test pass: probably",
    "error code 482913",
    "a verification code never comes",
    "verification code: none arrives",
    "my password is not accepted",
    "my password is wrong",
    "My password is incorrect!!",
    "my password isn't working",
    "my password is expired/locked",
    "my password is (still) refused",
    "it says my password is “too short”",
    'it says: your password is "incorrect"',
    "password was changed yesterday",
    "password: doesn't work",
    "Password: expired since yesterday",
    "password: not working",
    "password:",
    "password",
    "I forgot my password",
    "forgot my password, please reset it: urgent",
    "reset my password please",
    "the password to OneDrive is lost",
    "the password to Office365 is lost",
    "I need the password for the shared mailbox",
    "hasło to podstawa",
    "my password issues are back",
    "passwords: how do I change them",
    "is my pin blocked?",
    "my pin is blocked",
    "the drawing pin: 4821 pieces are missing in spin: 4821"[22:],
    "the token is missing",
    "our secretary is Maria2",
    "call me on +1 303 555 0100",
    "call +4915112345678 or 0049 151 1234 5678",
    "+4111111111111111",
    "(303) 555-0100 ext 1234567",
    "ticket T-1042, order 1234567890123456, invoice 9999999999999995",
    "order 4111 1111 1111 1112",
    "0000 0000 0000 0000 and 4444 4444 4444 4444",
    "IMEI 356938035643809, ICCID 8944110068765432109",
    "serial 411111111111111111111111",
    "version 1.4111111111111111",
    "from 2026-11-24 10:00 to 2026-11-25 2026-11-26",
    "1732468800000 1732468800001",
    "10.20.30.40 and fe80::1ff:fe23:4567:890a",
    "550e8400-e29b-41d4-a716-446655440000",
    "https://docs.test:8080/a@b and bob@harbor.test",
    "https://intranet.test/path?x=1",
    "the ghp_ prefix and xoxb- too, eyJ as well",
    "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
    "[password removed]",
    "",
]


class TestSecrets:
    @pytest.mark.parametrize(("text", "expected"), SECRETS)
    def test_are_replaced_by_what_they_were(self, text: str, expected: str) -> None:
        redacted = redact(text)
        assert redacted.text == expected
        assert redacted.found

    @pytest.mark.parametrize("card", CARDS)
    @pytest.mark.parametrize(
        "around", ["{}", "my card is {}.", "{} 123 exp 12/27", "CVV 123 {}", "no.{},", "4123 {} 1", "\n{}\n"]
    )
    def test_card_numbers_are_found_wherever_they_stand(self, card: str, around: str) -> None:
        redacted = redact(around.format(card))
        assert "card number" in redacted.found
        digits = [sign for sign in card if sign.isdigit()]
        left = "".join(sign for sign in redacted.text if sign.isdigit())
        assert "".join(digits[-12:]) not in left

    def test_what_was_found_is_told_once_each(self) -> None:
        redacted = redact("password: hunter22 4111111111111111 password: hunter23")
        assert redacted.found == ("card number", "password")

    def test_the_number_on_a_card_may_be_followed_by_more(self) -> None:
        assert redact("4111 1111 1111 1111 123").text == "[card number removed] 123"
        assert redact("4111 1111 1111 1111 4111 1111 1111 1111").text == (
            "[card number removed] [card number removed]"
        )


class TestHarmless:
    @pytest.mark.parametrize("text", HARMLESS)
    def test_stays_as_it_is(self, text: str) -> None:
        redacted = redact(text)
        assert redacted.text == text
        assert redacted.found == ()

    def test_most_numbers_of_sixteen_digits_are_no_cards(self) -> None:
        draw = random.Random(1)
        numbers = [f"{draw.randrange(10**16):016}" for _ in range(2000)]
        assert sum(bool(redact(number).found) for number in numbers) < 2000 * 0.06


LONG = 1_000_000


def repeated(part: str) -> Callable[[int], str]:
    return lambda length: part * (length // len(part))


ADVERSARIAL: dict[str, Callable[[int], str]] = {
    "password is, then spaces": lambda n: "password is" + " " * n + "abc",
    "password is, colon, spaces": repeated("password is :" + " " * 1000),
    "password for, then words": repeated("password for a b c d "),
    "passwords only": repeated("password "),
    "password for, one long word": lambda n: "password for " + "x" * n,
    "passwords without spaces": repeated("password"),
    "an open quote each": repeated('password: "'),
    "mot, then spaces": lambda n: "mot" + " " * n + "de" + " " * 10,
    "hasło to": repeated("hasło to "),
    "a state that does not end": lambda n: "password:" + repeated("not/")(n) + "x",
    "states": lambda n: "password: " + repeated("n't")(n),
    "JWT beginnings": repeated("eyJaaaaaaaa-"),
    "JWT without an end": lambda n: "eyJ" + "a" * n,
    "JWT with one dot": repeated("eyJaaaaaaaa.aaaaaaaa "),
    "token beginnings": repeated("xoxb-"),
    "sk- beginnings": repeated("sk-"),
    "PEM beginnings": repeated("-----BEGIN "),
    "PEM headers": repeated("-----BEGIN RSA PRIVATE KEY-----"),
    "PEM with capitals": lambda n: "-----BEGIN " + "A " * (n // 2),
    "PEM that ends nowhere": lambda n: "-----BEGIN PRIVATE KEY-----" + repeated("-----END ")(n),
    "addresses": repeated("://a:b"),
    "one address without an end": lambda n: "://" + "a" * n,
    "addresses with an at": repeated("://a:b@"),
    "addresses, long": lambda n: "://a:" + "b" * n,
    "digits": repeated("4"),
    "digits and spaces": repeated("4 "),
    "almost cards": repeated("4111 1111 1111 1112 "),
    "groups that are almost cards": repeated("4111 "),
    "groups of digits": repeated("4242 4243 "),
    "spaces": lambda n: " " * n,
    "new lines": lambda n: "\n" * n,
    "letters": lambda n: "a" * n,
    "brackets": repeated("[password removed]"),
    "keys without spaces": repeated("key="),
    "one key without an end": lambda n: "key " + "a" * n,
    "passwords that may be strong": repeated("pass aA"),
    "authorizations": repeated("authorization: basic "),
    "codes": repeated("backup codes 1a2b "),
    "codes without an end": lambda n: "backup codes " + repeated("a1")(n),
    "PuTTY beginnings": repeated("PuTTY-User-Key-File-2"),
    "users": repeated("-u a:"),
    "recovery keys": repeated("123456-"),
    "equals signs": lambda n: "password" + "=" * n,
}


SHAPED = {
    "access key": [
        ["secret access key ", "wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY"],
        ["AccountName=x;AccountKey=", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6=="],
        ["https://hooks.slack.com/services/", "T00000000/B00000000/XXXXXXXXXXXXXXXX"],
        ["https://acme.webhook.office.com/webhookb2/", "0a1b2c3d-aaaa@0a1b/IncomingWebhook/abcdef0123456789"],
        ["https://acct.blob.core.windows.net/c?sv=2022&sig=", "abc%2Fdef0123456789abcdefg%3D"],
        ["client secret ", "abc8Q~1234567890", "abcdefghijklmnopqrstuv"],
    ],
    "token": [
        ["", "sk_live", "_4eC39HqLyjWDarjtT1zdp7dc"],
        ["", "GOCSPX-", "abcdefghijklmnopqrstuvwx1234"],
        ["", "ya29.", "a0AfH6SMBx1234567890abcdefghij"],
        ["", "SG.", "ngeVfQFYQlKU0ufo8x5d1A.", "TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc"],
        ["", "npm_", "abcdefghijklmnopqrstuvwxyz0123456789"],
        ["", "pypi-", "AgEIcHlwaS5vcmcCJDU3YjM1"],
        ["", "dckr_pat_", "abcdefghijklmnopqrstuvwxyz1"],
        ["", "hf_", "abcdefghijklmnopqrstuvwxyzABCDEFGH"],
        ["", "dop_v1_", "0123456789abcdef" * 4],
        ["", "dapi", "0123456789abcdef" * 2],
        ["", "ATATT3x", "FfGF0abcdefghijklmnopqrstuvwxyz"],
        ["", "shpat_", "0123456789abcdef" * 2],
        ["", "hvs.", "CAESIJ1234567890abcdefghijklmnop"],
        ["", "123456789:AA", "F-abcdefghijklmnopqrstuvwxyz01234"],
        ["Authorization: Bearer ", "abcdef"],
        ["Authorization: Basic ", "bWF5YTpXaW50ZXItU3VuLTIwMjY="],
        ["it sends bearer ", "abcdef1234567890ABCDEF"],
    ],
    "private key": [
        ["", "PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 2\nAAABAQC7\nAAAA\n", "Private-MAC: abcdef0123"],
        ["", "AGE-SECRET-KEY-1", "QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQ2"],
    ],
    "recovery key": [["bitlocker key ", "123456-234567-345678-456789-567890-678901-789012-890123"]],
    "password": [
        ["curl -u maya:", "Winter-Sun-2026"],
        ["user maya pass ", "Winter-Sun-2026"],
        ["password ", "Winter-Sun-2026"],
        ["my pasword is ", "Winter-Sun-2026"],
        ["my passwrod: ", "winter"],
    ],
    "card security code": [["cvv ", "123"], ["the CVC code is ", "4821"]],
    "card number": [["", "4111.1111.1111.1111"]],
    "code": [["my backup codes: ", "1234-5678 8765-4321"], ["recovery codes are ", "abcd1234, efgh5678"]],
}  # fmt: skip
"""By what they are told to be: words that stay, and the secret, in pieces so that nobody finds one in this file."""


class TestShapes:
    @pytest.mark.parametrize(
        ("what", "words", "secret"),
        [(what, words, "".join(parts)) for what, some in SHAPED.items() for words, *parts in some],
    )
    def test_are_recognised_wherever_they_stand(self, what: str, words: str, secret: str) -> None:
        for before, after in (("", ""), ("it says:\n", "\nwhat now"), ("see ", " please")):
            redacted = redact(f"{before}{words}{secret}{after}")
            assert redacted.text == f"{before}{words}[{what} removed]{after}"
            assert redacted.found == (what,)

    @pytest.mark.parametrize(
        "text",
        [
            "the password policy needs 12 characters",
            "password Windows11-Laptop",
            "my key 0x80070005 does not work",
            "bearer of bad news: the authorization failed",
            "I lost my backup codes 2 days ago",
            "run it with -u maya",
            "version 4111.1111.1111.1112",
            "the token expired, key fob is dead",
            "basic understanding of excel",
        ],
    )
    def test_what_is_no_secret_stays(self, text: str) -> None:
        assert redact(text).text == text


class TestTime:
    @pytest.mark.slow
    @pytest.mark.parametrize("text", ADVERSARIAL.values(), ids=ADVERSARIAL)
    @pytest.mark.parametrize(
        ("length", "limit"), [(LONG // 20, 0.2), pytest.param(LONG, 0.5, marks=pytest.mark.slow)]
    )
    def test_grows_with_the_text_whatever_it_is(
        self, text: Callable[[int], str], length: int, limit: float
    ) -> None:
        """A pattern that backtracks would take minutes. On a slow machine letters are slow as well."""
        limit = max(limit, 4 * seconds("a" * length))
        assert any(seconds(text(length)) < limit for _ in range(3))


def seconds(text: str) -> float:
    began = time.process_time()
    redact(text)
    return time.process_time() - began


fragments = st.sampled_from(
    [
        *[text for text, _ in SECRETS],
        *CARDS,
        *HARMLESS,
        "password",
        "token",
        "pin",
        "secret",
        "hasło",
        "api key",
        " is ",
        " to ",
        ": ",
        "::",
        "=",
        "->",
        " for ",
        "[",
        "]",
        " removed]",
        "[password removed]",
        "[pin",
        '"',
        "'",
        "“",
        "abcd",
        "4821",
        "4111 1111 1111 1111",
        "://",
        "a:b@c",
        "eyJabcdefgh.",
        "\n",
        " ",
        ".",
    ]
)


class TestProperties:
    @given(st.one_of(st.text(max_size=60), st.lists(fragments, max_size=6).map(" ".join)))
    @settings(max_examples=400, deadline=None)
    def test_what_was_redacted_needs_no_redaction(self, text: str) -> None:
        once = redact(text)
        assert redact(once.text).text == once.text

    @given(st.text(max_size=200))
    @settings(max_examples=200, deadline=None)
    def test_found_something_exactly_when_something_changed(self, text: str) -> None:
        redacted = redact(text)
        assert bool(redacted.found) == (redacted.text != text)

    @given(
        before=st.text("abc xyz.,!?\n", max_size=20),
        secret=st.text("abcdefgXYZ0123456789!@#$%", min_size=6, max_size=20).filter(
            lambda secret: any(sign.isdigit() for sign in secret)
        ),
        link=st.sampled_from([": ", ":", " = ", " is ", "="]),
        label=st.sampled_from(["password", "Password", "pwd", "token", "pin", "my password", "DB_PASSWORD"]),
    )
    @settings(max_examples=200, deadline=None)
    def test_a_password_that_is_called_one_never_stays(
        self, before: str, secret: str, link: str, label: str
    ) -> None:
        assert secret not in redact(f"{before} {label}{link}{secret} after").text
