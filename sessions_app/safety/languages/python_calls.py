"""Python's calls that matter, and those that are known to be harmless, as data."""

from __future__ import annotations

from sessions_app.safety.languages.deeds import Deed
from sessions_app.safety.text import listed

CALLS: dict[str, Deed] = {}


def _all(deed: Deed, names: str) -> None:
    CALLS.update(dict.fromkeys(names.split(), deed))


_all(
    Deed.SHELL,
    "os.system os.popen subprocess.getoutput subprocess.getstatusoutput commands.getoutput",
)
_all(Deed.SHELL, "asyncio.create_subprocess_shell popen2.popen2")
_all(
    Deed.ARGV,
    "subprocess.run subprocess.call subprocess.check_call subprocess.check_output "
    "subprocess.Popen os.execv os.execl os.execlp os.execvp os.execve os.execvpe os.spawnl "
    "os.spawnv os.spawnlp os.spawnvp os.posix_spawn asyncio.create_subprocess_exec pty.spawn "
    "sh.Command",
)
_all(Deed.DELETE, "os.remove os.unlink pathlib.Path().unlink")
_all(Deed.TREE, "shutil.rmtree os.removedirs distutils.dir_util.remove_tree")
_all(Deed.DELETE, "os.rmdir pathlib.Path().rmdir")
_all(Deed.EMPTY, "os.truncate")
_all(
    Deed.MOVE,
    "os.rename os.replace os.renames shutil.move pathlib.Path().rename pathlib.Path().replace",
)
_all(Deed.COPY, "shutil.copy shutil.copyfile shutil.copy2 shutil.copytree")
_all(Deed.RIGHTS, "os.chmod os.chown os.lchown shutil.chown pathlib.Path().chmod")
_all(Deed.OPEN, "open io.open codecs.open os.open pathlib.Path().open gzip.open bz2.open")
_all(Deed.WRITE, "pathlib.Path().write_text pathlib.Path().write_bytes")
_all(Deed.READ, "pathlib.Path().read_text pathlib.Path().read_bytes linecache.getline")
_all(
    Deed.FETCH,
    "urllib.request.urlopen urllib.request.urlretrieve urllib.urlopen urllib2.urlopen requests.get "
    "requests.head httpx.get httpx.head http.client.HTTPConnection http.client.HTTPSConnection",
)
_all(Deed.SEND, "requests.post requests.put requests.patch httpx.post httpx.put httpx.patch")
_all(Deed.SEND, "urllib.request.Request requests.request httpx.request smtplib.SMTP ftplib.FTP")
_all(Deed.SEND, "socket.socket socket.create_connection")
_all(Deed.REMOVE, "requests.delete httpx.delete")
_all(Deed.EVAL, "eval exec compile runpy.run_path runpy.run_module execfile code.interact")
_all(Deed.EVAL, "pickle.loads marshal.loads importlib.import_module __import__ getattr.dynamic")
_all(Deed.KILL, "os.kill os.killpg os.abort")
_all(Deed.FORK, "os.fork os.forkpty")
_all(Deed.ENVIRONMENT, "os.environ")

SAFE_MODULES = frozenset(
    listed(
        "abc argparse array ast base64 binascii bisect calendar cmath codecs collections colorsys "
        "contextlib copy csv dataclasses datetime decimal difflib dis email enum errno fnmatch "
        "fractions functools getpass glob gzip hashlib heapq hmac html inspect io ipaddress "
        "itertools "
        "json keyword linecache locale logging math mimetypes operator os pathlib platform pprint "
        "queue random re secrets shlex shutil site socket sqlite3 ssl stat statistics string "
        "struct "
        "subprocess sys sysconfig tempfile textwrap threading time timeit tokenize tomllib "
        "traceback "
        "types typing unicodedata unittest urllib uuid warnings xml zipfile zlib zoneinfo numpy "
        "yaml "
        "requests httpx tomli tarfile asyncio bz2 lzma http concurrent builtins __future__ "
        "importlib "
        "pty signal pickle pkg_resources packaging toml smtplib ftplib runpy marshal code"
    )
)
SAFE_BUILTINS = frozenset(
    listed(
        "abs all any ascii bin bool bytearray bytes callable chr complex dict dir divmod enumerate "
        "filter float format frozenset hasattr hash hex id input int isinstance issubclass iter "
        "len "
        "list map max memoryview min next object oct ord pow print property range repr reversed "
        "round "
        "set slice sorted staticmethod str sum super tuple type vars zip getattr setattr locals "
        "globals help exit quit Exception ValueError SystemExit RuntimeError KeyError"
    )
)
DANGEROUS_TOGETHER = ({"socket", "dup2"}, {"socket", "pty"}, {"socket", "SHELL_FROM_SOCKET"})
"""Names that make a reverse shell when they stand in one piece of code."""
FETCHING = frozenset({Deed.FETCH, Deed.SEND})
