"""opencode, run with `opencode run --format json`."""

from __future__ import annotations

import json
import os
from functools import cached_property
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from supervisor.agents.credentials import Credentials
from supervisor.agents.installed_cli import InstalledCliDriver
from supervisor.agents.opencode.opencode_config import FOLDER, UserConfig, user_config
from supervisor.agents.opencode.opencode_display import display_line
from supervisor.agents.opencode.opencode_failures import MODEL_REMEDY, SIGN_IN_REMEDY
from supervisor.agents.opencode.opencode_parser import OpencodeParser
from supervisor.agents.output_parser import OutputParser
from supervisor.agents.used_sign_in import UsedSignIn, host_of
from supervisor.errors import AgentError
from supervisor.host.folder_deletion import delete_folder
from supervisor.model.session import SessionRequest
from supervisor.project.project import Project
from supervisor.project.project_settings import AgentSettings
from supervisor.workspaces.session_paths import SessionPaths

_AUTH = ".local/share/opencode/auth.json"
_MODELS = ".cache/opencode/models.json"
_PLUGIN = Path(__file__).with_name("opencode_plugin.js")
_HOSTED = "opencode"
"""Its makers' own provider. Where nobody signed in to it, its free models are used for whatever names no model."""
_LONGEST_VARIABLE = 120_000
"""Linux takes none of 128 KiB."""
_SILENCE_S = 900.0
"""Nothing is printed and no file touched while a long file comes in; opencode itself ends a silent stream at 300 s."""


class OpencodeDriver(InstalledCliDriver):
    """Reads and writes files in its workspace; all its other tools are hidden from the model."""

    kind = "opencode"
    package = "opencode-ai"
    key_variables: ClassVar[tuple[str, ...]] = (
        "ANTHROPIC_API_KEY",
        "OPENAI_API_KEY",
        "GEMINI_API_KEY",
        "GOOGLE_API_KEY",
        "GOOGLE_GENERATIVE_AI_API_KEY",
        "OPENROUTER_API_KEY",
        "OPENCODE_API_KEY",
        "CEREBRAS_API_KEY",
        "DEEPSEEK_API_KEY",
        "FIREWORKS_API_KEY",
        "GROQ_API_KEY",
        "MISTRAL_API_KEY",
        "MOONSHOT_API_KEY",
        "TOGETHER_API_KEY",
        "XAI_API_KEY",
        "ZHIPU_API_KEY",
    )
    other_variables = ("ANTHROPIC_BASE_URL", "OPENAI_BASE_URL")
    makers_host = "opencode.ai"
    sign_in = Credentials(files=(_AUTH,))
    how_to_sign_in = SIGN_IN_REMEDY
    tells_cost = True
    tells_tokens = True

    def __init__(self, project: Project, name: str, settings: AgentSettings) -> None:
        super().__init__(project, name, settings)
        if settings.stall_timeout is None and "stall_timeout" not in project.settings.model_fields_set:
            self.profile = self.profile.model_copy(update={"stall_timeout_s": _SILENCE_S})

    @cached_property
    def user(self) -> UserConfig:
        """What the user set opencode up with; AgentError where it cannot be read."""
        return user_config()

    def check(self) -> None:
        super().check()
        model = self.settings.model or self.user.model
        if model is not None:
            _with_provider(model, self.name)

    def signed_in_by(self) -> str | None:
        return super().signed_in_by() or self.user.file

    def arguments(self, paths: SessionPaths, model: str | None) -> list[str]:
        chosen = _with_provider(model or self.user.model, self.name)
        # A title of its own saves a request; only its log says what is wrong with a model's name.
        return [
            *("run", "--format", "json", "--model", chosen, "--title", "batch"),
            *("--print-logs", "--log-level", "ERROR"),
            *self.settings.args,
        ]

    def stdin(self, paths: SessionPaths) -> Path:
        return paths.home / "prompt.md"

    def prepare(self, paths: SessionPaths, request: SessionRequest) -> None:
        # With a key in a variable too: it may be for another provider than the one that was signed in to.
        self.sign_in.lend(paths.home)
        settings = paths.home / FOLDER
        (settings / "plugin").mkdir(parents=True, mode=0o700)
        (settings / "plugin" / "supervised.js").write_bytes(_PLUGIN.read_bytes())
        # Takes its library for plugins as installed; else every session fetches thousands of files.
        (settings / "node_modules").mkdir()
        installed = {"packages": {"": {"dependencies": {"@opencode-ai/plugin": "*"}}}}
        (settings / "package-lock.json").write_text(json.dumps(installed), encoding="utf-8")
        _temporary(paths).mkdir(mode=0o700, exist_ok=True)
        shared, rest = request.prompt[: request.shared], request.prompt[request.shared :]
        if not rest.strip():
            shared, rest = "", request.prompt
        _write(settings / "shared.md", shared)
        _write(self.stdin(paths), rest)

    def reclaim_credentials(self, paths: SessionPaths) -> None:
        super().reclaim_credentials(paths)
        delete_folder(_temporary(paths))  # with a library of 5 MB that each run leaves in it

    def readable(self, paths: SessionPaths) -> list[Path]:
        return [*super().readable(paths), Path.home() / _MODELS]

    def writable(self, paths: SessionPaths) -> list[Path]:
        return [*dict.fromkeys([*super().writable(paths), *self.sign_in.lent()])]

    def environment(self, paths: SessionPaths) -> dict[str, str]:
        variables = super().environment(paths)
        for name in self.other_variables:
            if name in variables:
                variables[name] = _versioned(variables[name], always=name == "ANTHROPIC_BASE_URL")
        return variables

    def switches(self, paths: SessionPaths) -> dict[str, str]:
        models = Path.home() / _MODELS
        off = ("PROJECT_CONFIG", "MODELS_FETCH", "AUTOUPDATE", "LSP_DOWNLOAD", "CLAUDE_CODE", "EXTERNAL_SKILLS")
        return {
            "OPENCODE_CONFIG_CONTENT": self._config(paths),
            # An endless loop of requests where a prompt is too long for its model.
            "OPENCODE_DISABLE_AUTOCOMPACT": "1",
            "OPENCODE_DISABLE_TERMINAL_TITLE": "1",
            **{f"OPENCODE_DISABLE_{name}": "1" for name in off},
            # The models that the user's own opencode knows, which may be newer than those built in.
            **({"OPENCODE_MODELS_PATH": str(models)} if models.is_file() else {}),
            "TMPDIR": str(_temporary(paths)),
            # No repository: it would let the model write in all of one that the workspace lies in, and writes there.
            "GIT_DIR": str(paths.home / "no-repository"),
        }

    def secrets(self) -> list[str]:
        return [*super().secrets(), *self.user.secrets]

    def parser(self) -> OutputParser:
        return OpencodeParser(self.sign_in_to)

    def sign_in_to(self, provider: str) -> UsedSignIn | None:
        """What sessions are signed in to a provider by, as opencode does: configuration, sign-in, variable."""
        options = self.user.provider.get(provider, {}).get("options")
        if isinstance(options, dict) and options.get("apiKey"):
            return UsedSignIn(by=self.user.file or "opencode.json", is_key=False, asked=provider)
        if _signed_in_to(provider):
            return UsedSignIn(by=f"~/{_AUTH}", is_key=False, asked=provider)
        by = next((name for name in self.key_variables if _is_of(name, provider) and os.environ.get(name)), None)
        if by is None:
            return None
        url = os.environ.get(f"{provider.upper()}_BASE_URL")
        return UsedSignIn(by=by, is_key=True, asked=host_of(url, provider))

    def display(self, line: str) -> str:
        return display_line(line)

    def _config(self, paths: SessionPaths) -> str:
        # Outside of a repository it names files by their path from the root.
        workspace = str(paths.workspace.resolve()).lstrip("/")
        own = {"*": "deny", f"{workspace}/*": "allow"}
        hosted = os.environ.get("OPENCODE_API_KEY") or _signed_in_to(_HOSTED) or _HOSTED in self.user.provider
        config = {
            "permission": {"*": "deny", "read": own, "edit": own},
            "share": "disabled",
            "autoupdate": False,
            "snapshot": False,
            "lsp": False,
            "formatter": False,
            "disabled_providers": [] if hosted else [_HOSTED],
            "provider": self.user.provider,
        }
        content = json.dumps(config)
        if len(content) > _LONGEST_VARIABLE:
            raise AgentError(
                "`provider` is too long to be given to sessions",
                where=self.user.file or "opencode.json",
                remedy="Leave out the models there that are not used.",
            )
        return content


def _with_provider(model: str | None, agent: str) -> str:
    if model is None:
        raise AgentError("no model is named, and it has none of its own", where=f"agent {agent!r}", remedy=MODEL_REMEDY)
    if "/" not in model.strip("/"):
        raise AgentError(f"model {model!r} names no provider", where=f"agent {agent!r}", remedy=MODEL_REMEDY)
    return model


def _versioned(url: str, *, always: bool) -> str:
    """A base URL with the `/v1` that opencode asks below of.

    The same variable names Anthropic's API to other programs without it; OpenAI's has it everywhere, unless the URL
    is a server and nothing else.
    """
    path = urlsplit(url).path.strip("/")
    wanted = not path.endswith("v1") if always else not path
    return f"{url.rstrip('/')}/v1" if wanted else url


def _is_of(variable: str, provider: str) -> bool:
    """Whether a variable holds a provider's key, by its name: `MOONSHOT_API_KEY` is of `moonshotai`."""
    stem = variable.partition("_")[0].lower()
    return provider.startswith(stem) or (provider == "google" and stem == "gemini")


def _signed_in_to(provider: str) -> bool:
    """Whether `opencode auth login` was done for a provider."""
    try:
        found = json.loads((Path.home() / _AUTH).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and provider in found


def _temporary(paths: SessionPaths) -> Path:
    return paths.home / "tmp"


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))
