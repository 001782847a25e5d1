"""Keys of known providers are found wherever they are printed, and nothing else is taken for one.

What a secret scanner that many use (detect-secrets) knows by the key itself, this finds too; and what else it knows is
named below, with the reason why a transcript keeps it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Callable

import pytest
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from hypothesis import assume, given
from hypothesis import strategies as st

from supervisor.executors.local.terminal.redaction import Redactor
from tests.support.property_examples import examples

PLUGINS = {plugin.__name__: plugin() for plugin in get_mapping_from_secret_type_to_class().values()}
ENTROPY, BY_ITS_NAME = "hashes and ids are as random", "only the name before it tells, and what follows may be a hash"
LEFT_OUT: dict[str | tuple[str, int], str] = {
    "Base64HighEntropyString": ENTROPY,
    "HexHighEntropyString": ENTROPY,
    "KeywordDetector": BY_ITS_NAME,
    "IPPublicDetector": "an address is no secret",
    "TwilioKeyDetector": "names of an account and of a key; the secret that goes with them has no shape",
    "IbmCloudIamDetector": BY_ITS_NAME,
    "IbmCosHmacDetector": BY_ITS_NAME,
    "SoftlayerDetector": BY_ITS_NAME,
    ("CloudantDetector", 0): BY_ITS_NAME,
    ("CloudantDetector", 1): BY_ITS_NAME,
    ("AWSKeyDetector", 1): "any 40 letters after such a word may be a commit; below is what is found of it",
    ("ArtifactoryDetector", 0): "words in capitals; below is the form that they have today",
    ("ArtifactoryDetector", 1): "words in capitals",
    ("PrivateKeyDetector", 7): "a PuTTY file's first line says nothing; its private lines are found",
    "JwtTokenDetector": "below, with what has the form of one",
    "NpmDetector": "below, with what has the form of one",
}
AS_ISSUED: dict[str, Callable[[str], str]] = {
    "GitHubTokenDetector": lambda key: key[:4] + key[4:].replace("_", "x"),
    "SlackDetector": lambda key: key if key.startswith("https") else f"{key}0123456789ab",
    "SquareOAuthDetector": lambda key: key.replace("\\", "x"),
    "TelegramBotTokenDetector": lambda key: re.sub(r":.", ":A", key),
    "BasicAuthDetector": lambda key: re.sub(r"[\"'`\\<>{}$]", "x", key[:90]) + "@",
    "OpenAIDetector": lambda key: "sk-" + key[-48:],
}
"""Of the keys that a pattern allows, those that the provider makes."""
KNOWN = [
    (name, number)
    for name, plugin in PLUGINS.items()
    if name not in LEFT_OUT
    for number in range(len(plugin.denylist))
    if (name, number) not in LEFT_OUT
]
RANDOM = base64.b64encode(hashlib.sha512(b"x").digest()).decode().replace("+", "a").replace("/", "1").rstrip("=")
HEX, CAPITALS = hashlib.sha512(b"y").hexdigest(), "ABCDEFGH23456789" * 6
KEYS = {
    "anthropic": "sk-ant-api03-" + "Ab1_" * 20,
    "openai project": "sk-proj-" + "Ab1_x-" * 20,
    "openai": "sk-" + RANDOM[:48],
    "openrouter": "sk-or-v1-" + HEX[:64],
    "deepseek": "sk-" + HEX[:32],
    "google": "AIza" + RANDOM[:35],
    "google oauth": "ya29." + RANDOM[:60],
    "google client": "GOCSPX-" + RANDOM[:28],
    "github": "ghp_" + RANDOM[:36],
    "github server": "ghs_" + RANDOM[:36],
    "github fine": "github_pat_" + RANDOM[:22] + "_" + RANDOM[:59],
    "gitlab": "glpat-" + "Ab1_-" * 4,
    "gitlab runner": "GR1348941" + RANDOM[:20],
    "hugging face": "hf_" + RANDOM[:34],
    "npm": "npm_" + RANDOM[:36],
    "pypi": "pypi-AgEIcHlwaS5vcmc" + RANDOM[:72],
    "rubygems": "rubygems_" + HEX[:48],
    "docker": "dckr_pat_" + "Ab1-_x" * 4 + "Abc",
    "slack": "xoxb-1234567890-1234567890-" + RANDOM[:24],
    "slack app": "xapp-1-A0123456789-1234567890-" + HEX[:64],
    "stripe": "sk_live_" + RANDOM[:24],
    "stripe test": "rk_test_" + RANDOM[:24],
    "webhooks": "whsec_" + "aB+/" * 10,
    "amazon": "AKIA" + CAPITALS[:16],
    "amazon session": "ASIA" + CAPITALS[:16],
    "azure": "AccountKey=" + RANDOM + "==",
    "digitalocean": "dop_v1_" + HEX[:64],
    "databricks": "dapi" + HEX[:32],
    "dynatrace": "dt0c01." + CAPITALS[:24] + "." + CAPITALS[:64],
    "vault": "hvs." + RANDOM[:30],
    "grafana": "glsa_" + RANDOM[:32] + "_" + HEX[:8],
    "shopify": "shpat_" + HEX[:32],
    "sendgrid": "SG." + RANDOM[:22] + "." + RANDOM[:43],
    "mailchimp": HEX[:32] + "-us12",
    "square": "sq0csp-" + RANDOM[:43],
    "artifactory": "AKCp" + RANDOM[:69],
    "atlassian": "ATATT3" + RANDOM + RANDOM,
    "discord": "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ." + RANDOM[:27],
    "telegram": "110201543:A" + RANDOM[:34],
    "groq": "gsk_" + RANDOM[:52],
    "replicate": "r8_" + RANDOM[:37],
    "x.ai": "xai-" + RANDOM[:80],
    "perplexity": "pplx-" + RANDOM[:48],
    "linear": "lin_api_" + RANDOM[:40],
    "notion": "ntn_" + RANDOM[:46],
    "netlify": "nfp_" + RANDOM[:36],
    "supabase": "sbp_" + HEX[:40],
    "pulumi": "pul-" + HEX[:40],
    "postman": "PMAK-" + HEX[:24] + "-" + HEX[:34],
    "new relic": "NRAK-" + CAPITALS[:27],
    "heroku": "HRKU-" + RANDOM[:36],
    "tailscale": "tskey-auth-" + RANDOM[:30],
    "age": "AGE-SECRET-KEY-1" + CAPITALS[:58],
    "jwt": "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0" + ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
}
LABELLED = {
    "https://me:%s@host/x": "pa55-w0rd",
    "postgres://me:%s@db:5432/x": "hunter",
    "https://x-access-token:%s@github.com/o/r.git": "ghs_" + RANDOM[:36],
    "Authorization: Bearer %s": "abcdefghijklmnop0123==",
    "authorization: Basic %s": "bWU6cGE1NQ==",
    '"Authorization": "Basic %s"': "bWU6cGE1NQ==",
    "//registry.npmjs.org/:_authToken=%s": str(uuid.UUID(int=7)),
    "AWS_SECRET_ACCESS_KEY=%s": RANDOM[:40],
    'aws_secret_access_key = "%s"': RANDOM[:20] + "/+" + RANDOM[:18],
    '"SecretAccessKey": "%s"': RANDOM[:40],
    "https://hooks.slack.com/services/%s": "T0123/B0123/" + RANDOM[:24],
}
ORDINARY = [
    "task-based-approach-for-everything-2024",
    "disk-usage-of-the-machine-20240102030405",
    "a risk-" + HEX[:32],
    "the Bearer authentication-and-authorization of it, in 2024",
    "Basic internationalization",
    "https://example.org:8080/a@b?c=d:e@f",
    "docker://alpine:3.18@sha256:" + HEX[:64],
    "git@github.com:owner/name.git",
    '{"http://a":"b@c"}',
    '{"url": "https://a", "mail": "me@b.c"}',
    "1718000000:" + HEX[:40],
    "commit " + HEX[:40],
    "sha512-" + RANDOM + "==",
    "test_that_a_very_long_name_of_a_function_is_kept_as_it_is",
    "supervisor.workspaces.transcript_reader.read_everything_that_there_is",
    "toolu_01A09q90qw90lq917835lq9",
    "msg_013Zva2CMHLNnjNjJKqJ2EF8",
    "AKIA is how they begin, eyJ too, and hf_ or sk-",
    "x" * 300,
    "-" * 300,
    "_" * 300,
]


def masked(text: str) -> str:
    return Redactor().apply(text.encode()).decode()


@pytest.mark.parametrize(("name", "number"), KNOWN)
def test_what_a_scanner_knows_by_the_key_itself_is_found(name: str, number: int) -> None:
    plugin = PLUGINS[name]
    pattern = re.compile(plugin.denylist[number].pattern, plugin.denylist[number].flags & ~re.IGNORECASE)
    keys = st.from_regex(pattern, fullmatch=True, alphabet=st.characters(max_codepoint=126))

    @examples(25)
    @given(keys.map(AS_ISSUED.get(name, str)))
    def finds(key: str) -> None:
        text = f"said -----{key}----- here" if name == "PrivateKeyDetector" else f"said {key} here"
        assume(list(plugin.analyze_string(text)))
        assert list(plugin.analyze_string(masked(text))) == []

    finds()


def test_whatever_it_knows_is_looked_for_or_left_out_for_a_reason() -> None:
    known = {name for name, _ in KNOWN}
    left_out = {name if isinstance(name, str) else name[0] for name in LEFT_OUT}
    assert known | left_out == set(PLUGINS)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_is_taken_out_of_a_text_and_all_else_stays(key: str) -> None:
    label = next((label for label in ("AccountKey=", "110201543:") if key.startswith(label)), "")
    for around in ("%s", "key: %s.", "KEY='%s' ", "\x1b[31m%s\x1b[0m", "(%s)", "a\t%s\r\n", "é%s✓"):
        assert masked(around % key) == around % f"{label}[secret]"


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_is_taken_out_of_json_and_what_is_left_is_json(key: str) -> None:
    secret = key.removeprefix("AccountKey=").removeprefix("110201543:")
    for around in ("%s", "\n%s", "a\t%s\n", "é %s", '"%s"', "<%s>", "<\u001b[1m%s>"):
        once = json.dumps({"said": around % key, "n": 1})
        for line in (once, json.dumps({"inner": once})):
            assert secret not in masked(line)
            assert json.loads(masked(line)).keys() == json.loads(line).keys()


@pytest.mark.parametrize(("around", "key"), LABELLED.items())
def test_what_only_its_label_tells_is_taken_out_and_the_label_stays(around: str, key: str) -> None:
    assert masked(f"a {around % key} b") == f"a {around % '[secret]'} b"
    assert key not in masked(json.dumps({"x": around % key})) and json.loads(masked(json.dumps({"x": around % key})))


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text: str) -> None:
    assert masked(text) == text


@examples(60)
@given(st.binary(min_size=16, max_size=64), st.uuids())
def test_hashes_and_ids_stay(data: bytes, number: uuid.UUID) -> None:
    digests = [hashlib.new(kind, data) for kind in ("md5", "sha1", "sha256", "sha512")]
    words = [digest.hexdigest() for digest in digests]
    words += [base64.b64encode(digest.digest()).decode() for digest in digests]
    words += [base64.urlsafe_b64encode(digest.digest()).decode() for digest in digests]
    words += [
        str(number),
        number.hex,
        f"session-{number}",
        f"id_{number.hex}",
        f"sha256:{words[2]}",
        f"{words[1]}.json",
    ]
    text = "\n".join([" ".join(words), json.dumps(words)])
    assert masked(text) == text


@examples(60)
@given(st.recursive(st.text(max_size=20) | st.sampled_from(sorted(KEYS.values())), st.lists, max_leaves=8))
def test_json_stays_json_of_the_same_form(value: object) -> None:
    def form(of: object) -> object:
        return [form(each) for each in of] if isinstance(of, list) else ""

    assert form(json.loads(masked(json.dumps({"x": value})))["x"]) == form(value)
    assert form(json.loads(masked(json.dumps({"x": value}, ensure_ascii=False)))["x"]) == form(value)


@pytest.mark.parametrize(
    "part",
    [
        "eyJ",
        "sk-",
        " sk-a",
        "\x1b[0msk-",
        "-",
        "_",
        "A",
        ".",
        "://a:b",
        "-----BEGIN ",
        "ghp_",
        "Bearer a",
        "M" * 25 + ".a",
    ],
)
def test_a_megabyte_of_beginnings_is_no_key(part: str) -> None:
    text = part * (1_000_000 // len(part))
    assert masked(text) == text


@pytest.mark.parametrize("rest", ["pm_" + RANDOM[:36], "tn_" + RANDOM[:46], "fp_" + RANDOM[:36]])
def test_the_letter_of_an_escape_of_json_is_not_taken_for_one_of_a_key(rest: str) -> None:
    line = json.dumps({"said": f"a\n{rest}"})
    assert "\\n" + rest in line
    assert json.loads(masked(line)) == {"said": f"a\n{rest}"}
