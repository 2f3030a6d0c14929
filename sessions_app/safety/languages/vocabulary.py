"""What the calls of scripting languages do, as data: one vocabulary for each language."""

from __future__ import annotations

from dataclasses import dataclass, field

from sessions_app.safety.languages.deeds import Deed
from sessions_app.safety.text import listed


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """`calls` by name, `*.name` for any receiver; `harmless` names; `risky` names to ask about."""

    calls: dict[str, Deed]
    harmless: frozenset[str]
    risky: frozenset[str] = frozenset()
    comment: str = "#"
    ticks_run: bool = False
    strings_call: bool = False
    shells_from_sockets: tuple[frozenset[str], ...] = field(default=())


FETCHING = frozenset(
    listed(
        "fetch http.get https.get axios axios.get got open-uri URI.open Net.HTTP.get "
        "LWP.Simple.get file_get_contents curl_exec HTTP.Tiny"
    )
)

FETCHING_MODULES = frozenset(listed("http https axios node-fetch got undici open-uri net/http"))
LOOPS = frozenset(listed("while until for loop forever"))


def _calls(deeds: dict[Deed, str]) -> dict[str, Deed]:
    """Calls by what they do."""
    return {name: deed for deed, names in deeds.items() for name in names.split()}


def _words(*texts: str) -> frozenset[str]:
    return frozenset(name for text in texts for name in text.split())


_PLAIN = """
if elsif elseif else unless while until for foreach do end def sub function return then in not and
or my our local let const var new class module begin rescue ensure print printf puts p pp say die
echo true false nil null undefined undef length substr split join push pop shift unshift reverse
sort map grep keys values exists defined lc uc ucfirst int abs sprintf sprint chomp chop ord chr hex
oct index sqrt rand time localtime gmtime sleep exit last next break continue switch case typeof
instanceof this self super strict warnings use require BEGIN END string table math tostring
tonumber pairs ipairs select assert error type
"""

NODE = Vocabulary(
    calls=_calls(
        {
            Deed.SHELL: "execSync exec *.execSync child_process.exec *.exec.sh $",
            Deed.ARGV: "spawn spawnSync execFile execFileSync *.spawn *.spawnSync *.execFile "
            "*.execFileSync "
            "Bun.spawn Bun.spawnSync Deno.run fork *.fork",
            Deed.DELETE: "*.unlink *.unlinkSync unlinkSync unlink *.rmdirSync *.rmdir",
            Deed.TREE: "*.rmSync *.rm rmSync *.removeSync *.remove.fs rimraf *.emptyDirSync "
            "Deno.remove "
            "Deno.removeSync",
            Deed.WRITE: "*.writeFileSync *.writeFile writeFileSync *.createWriteStream "
            "*.outputFileSync "
            "Deno.writeTextFile Deno.writeTextFileSync Bun.write *.appendFileSync",
            Deed.EMPTY: "*.truncateSync *.truncate",
            Deed.READ: "*.readFileSync *.readFile readFileSync *.createReadStream "
            "Deno.readTextFile "
            "Deno.readTextFileSync",
            Deed.MOVE: "*.renameSync *.rename",
            Deed.COPY: "*.copyFileSync *.cpSync",
            Deed.RIGHTS: "*.chmodSync *.chownSync",
            Deed.FETCH: "fetch http.get https.get axios.get axios got",
            Deed.SEND: "axios.post http.request https.request net.connect net.createConnection",
            Deed.REMOVE: "axios.delete",
            Deed.EVAL: "eval Function vm.runInThisContext vm.runInNewContext",
            Deed.KILL: "process.kill",
            Deed.ENVIRONMENT: "process.env",
        }
    )
    | {"*.exec": Deed.UNKNOWN, "cp.exec": Deed.SHELL, "c.exec": Deed.SHELL},
    harmless=_words(
        _PLAIN,
        "console JSON Math Object Array String Number Boolean Date Promise Set Map Symbol RegExp "
        "Error Buffer process path os util url crypto assert require import from of async await "
        "parseInt parseFloat isNaN setTimeout setInterval clearTimeout structuredClone "
        "encodeURIComponent decodeURIComponent atob btoa fs module exports performance Intl "
        "globalThis Bun Deno child_process http https net vm querystring events stream zlib",
    ),
    comment="//",
    shells_from_sockets=(frozenset({"net", "spawn"}), frozenset({"net", "exec"})),
)
PERL = Vocabulary(
    calls=_calls(
        {
            Deed.SHELL: "system exec",
            Deed.DELETE: "unlink rmdir",
            Deed.TREE: "rmtree remove_tree File.Path.rmtree File.Path.remove_tree",
            Deed.OPEN: "open sysopen",
            Deed.EMPTY: "truncate",
            Deed.MOVE: "rename move File.Copy.move",
            Deed.COPY: "copy File.Copy.copy",
            Deed.RIGHTS: "chmod chown",
            Deed.EVAL: "eval do.file",
            Deed.KILL: "kill",
            Deed.FORK: "fork",
            Deed.FETCH: "get LWP.Simple.get getstore",
            Deed.SEND: "IO.Socket.INET socket",
            Deed.ENVIRONMENT: "ENV",
        }
    ),
    harmless=_words(_PLAIN, "qw scalar wantarray ref bless tr y s m STDIN STDOUT STDERR ARGV JSON"),
    ticks_run=True,
    shells_from_sockets=(
        frozenset({"socket", "exec"}),
        frozenset({"Socket", "exec"}),
        frozenset({"Socket", "system"}),
    ),
)
RUBY = Vocabulary(
    calls=_calls(
        {
            Deed.SHELL: "system exec spawn Kernel.system Kernel.exec Process.spawn IO.popen "
            "Open3.capture2 "
            "Open3.capture3 Open3.capture2e Open3.popen3",
            Deed.DELETE: "File.delete File.unlink FileUtils.rm FileUtils.rm_f Dir.delete "
            "Dir.rmdir Dir.unlink "
            "*.unlink",
            Deed.TREE: "FileUtils.rm_rf FileUtils.rm_r FileUtils.remove_dir FileUtils.remove_entry "
            "FileUtils.remove_entry_secure FileUtils.rmtree rm_rf rm_r *.rmtree",
            Deed.WRITE: "File.write IO.write IO.binwrite",
            Deed.OPEN: "File.open File.new open",
            Deed.READ: "File.read IO.read File.readlines IO.readlines",
            Deed.EMPTY: "File.truncate",
            Deed.MOVE: "FileUtils.mv File.rename",
            Deed.COPY: "FileUtils.cp FileUtils.cp_r FileUtils.copy",
            Deed.RIGHTS: "FileUtils.chmod FileUtils.chmod_R FileUtils.chown_R File.chmod",
            Deed.FETCH: "URI.open Net.HTTP.get Net.HTTP.get_response",
            Deed.SEND: "Net.HTTP.post Net.HTTP.post_form TCPSocket TCPSocket.new TCPSocket.open",
            Deed.REMOVE: "Net.HTTP.delete",
            Deed.EVAL: "eval instance_eval class_eval Kernel.eval",
            Deed.KILL: "Process.kill",
            Deed.FORK: "fork Process.fork",
            Deed.ENVIRONMENT: "ENV",
        }
    ),
    harmless=_words(
        _PLAIN,
        "Array Hash String Integer Float JSON YAML Time Date File Dir Math "
        "each require_relative loop proc lambda raise attr_accessor STDIN STDOUT",
    ),
    ticks_run=True,
    shells_from_sockets=(
        frozenset({"TCPSocket", "exec"}),
        frozenset({"TCPSocket", "popen"}),
        frozenset({"TCPSocket", "spawn"}),
        frozenset({"TCPSocket", "system"}),
    ),
)
PHP = Vocabulary(
    calls=_calls(
        {
            Deed.SHELL: "system exec shell_exec passthru popen proc_open pcntl_exec",
            Deed.DELETE: "unlink rmdir",
            Deed.WRITE: "file_put_contents",
            Deed.OPEN: "fopen",
            Deed.READ: "file_get_contents readfile file",
            Deed.MOVE: "rename",
            Deed.COPY: "copy",
            Deed.RIGHTS: "chmod chown",
            Deed.FETCH: "curl_exec",
            Deed.SEND: "fsockopen mail stream_socket_client curl_setopt",
            Deed.EVAL: "eval assert create_function include require include_once require_once",
            Deed.KILL: "posix_kill",
            Deed.FORK: "pcntl_fork",
            Deed.ENVIRONMENT: "getenv _ENV",
        }
    ),
    harmless=_words(
        _PLAIN,
        "phpinfo phpversion array_map array_filter var_dump print_r count "
        "strlen str_replace strtolower strtoupper json_encode json_decode date explode "
        "implode glob trim php_uname PHP_VERSION array in_array",
    ),
    comment="//",
    ticks_run=True,
    strings_call=True,
    shells_from_sockets=(
        frozenset({"fsockopen", "exec"}),
        frozenset({"fsockopen", "proc_open"}),
        frozenset({"fsockopen", "shell_exec"}),
        frozenset({"fsockopen", "system"}),
    ),
)
LUA = Vocabulary(
    calls=_calls(
        {
            Deed.SHELL: "os.execute io.popen",
            Deed.DELETE: "os.remove",
            Deed.MOVE: "os.rename",
            Deed.OPEN: "io.open",
            Deed.EVAL: "load loadstring dofile loadfile",
            Deed.ENVIRONMENT: "os.getenv",
        }
    ),
    harmless=_words(_PLAIN, "string table math os io require"),
    comment="--",
    shells_from_sockets=(frozenset({"socket", "popen"}), frozenset({"socket", "execute"})),
)
AWK = Vocabulary(
    calls=_calls({Deed.SHELL: "system"}),
    harmless=_words(
        _PLAIN,
        "gsub sub match getline NR NF FS OFS toupper tolower FNR RS ORS gensub "
        "strftime systime delete srand sin cos exp log asort asorti",
    ),
)
POWERSHELL = Vocabulary(
    calls=_calls(
        {
            Deed.TREE: "Remove-Item rm ri del rmdir rd erase",
            Deed.EVAL: "Invoke-Expression iex",
            Deed.FETCH: "Invoke-WebRequest iwr Invoke-RestMethod irm",
            Deed.KILL: "Stop-Process Stop-Computer Restart-Computer",
        }
    ),
    harmless=_words(_PLAIN, "Get-ChildItem Get-Content Write-Host Write-Output Get-Process Select"),
    risky=_words("Format-Volume Clear-Disk Set-ExecutionPolicy Start-Process"),
)
APPLESCRIPT = Vocabulary(
    calls=_calls({Deed.SHELL: "script"}),
    harmless=_words(_PLAIN, "display dialog tell application get set to of"),
    risky=_words("delete tell"),
    comment="--",
)
R = Vocabulary(
    calls=_calls(
        {
            Deed.SHELL: "system system2 shell",
            Deed.TREE: "unlink",
            Deed.DELETE: "file.remove",
            Deed.WRITE: "writeLines saveRDS",
            Deed.EVAL: "eval source",
            Deed.FETCH: "download.file",
        }
    ),
    harmless=_words(_PLAIN, "c cat paste library mean sum sessionInfo summary head data.frame"),
)
_SHELLS = _words("ProcessBuilder Runtime exec popen spawn system run pipeline readline")
UNREAD = Vocabulary(
    calls={},
    harmless=_words(_PLAIN),
    shells_from_sockets=tuple(
        frozenset({socket, shell})
        for socket in ("socket", "Socket", "Sockets", "TcpStream", "gen_tcp", "TCPSocket")
        for shell in sorted(_SHELLS)
    ),
)
"""For languages without a vocabulary: only the shape of a shell behind a socket is looked for."""
VOCABULARIES = {
    "node": NODE,
    "perl": PERL,
    "ruby": RUBY,
    "php": PHP,
    "lua": LUA,
    "awk": AWK,
    "powershell": POWERSHELL,
    "applescript": APPLESCRIPT,
    "r": R,
}
