"""What the calls of scripting languages do, as data: one vocabulary for each language."""

from __future__ import annotations

from dataclasses import dataclass, field

from sessions_app.safety.languages.deeds import Deed


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
    ["fetch", "http.get", "https.get", "axios", "axios.get", "got", "open-uri", "URI.open", "Net.HTTP.get", "LWP.Simple.get", "file_get_contents", "curl_exec", "HTTP.Tiny"]
)

FETCHING_MODULES = frozenset(["http", "https", "axios", "node-fetch", "got", "undici", "open-uri", "net/http"])
LOOPS = frozenset(["while", "until", "for", "loop", "forever"])


def _calls(**deeds: str) -> dict[str, Deed]:
    """Calls by deed: `shell="system exec"`."""
    return {name: Deed(deed.lower()) for deed, names in deeds.items() for name in names.split()}


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
        shell="execSync exec *.execSync child_process.exec *.exec.sh $",
        argv="spawn spawnSync execFile execFileSync *.spawn *.spawnSync *.execFile *.execFileSync "
        "Bun.spawn Bun.spawnSync Deno.run fork *.fork",
        delete="*.unlink *.unlinkSync unlinkSync unlink *.rmdirSync *.rmdir",
        tree="*.rmSync *.rm rmSync *.removeSync *.remove.fs rimraf *.emptyDirSync Deno.remove "
        "Deno.removeSync",
        write="*.writeFileSync *.writeFile writeFileSync *.createWriteStream *.outputFileSync "
        "Deno.writeTextFile Deno.writeTextFileSync Bun.write *.appendFileSync",
        empty="*.truncateSync *.truncate",
        read="*.readFileSync *.readFile readFileSync *.createReadStream Deno.readTextFile "
        "Deno.readTextFileSync",
        move="*.renameSync *.rename",
        copy="*.copyFileSync *.cpSync",
        rights="*.chmodSync *.chownSync",
        fetch="fetch http.get https.get axios.get axios got",
        send="axios.post http.request https.request net.connect net.createConnection",
        remove="axios.delete",
        eval="eval Function vm.runInThisContext vm.runInNewContext",
        kill="process.kill",
        environment="process.env",
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
        shell="system exec",
        delete="unlink rmdir",
        tree="rmtree remove_tree File.Path.rmtree File.Path.remove_tree",
        open="open sysopen",
        empty="truncate",
        move="rename move File.Copy.move",
        copy="copy File.Copy.copy",
        rights="chmod chown",
        eval="eval do.file",
        kill="kill",
        fork="fork",
        fetch="get LWP.Simple.get getstore",
        send="IO.Socket.INET socket",
        environment="ENV",
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
        shell="system exec spawn Kernel.system Kernel.exec Process.spawn IO.popen Open3.capture2 "
        "Open3.capture3 Open3.capture2e Open3.popen3",
        delete="File.delete File.unlink FileUtils.rm FileUtils.rm_f Dir.delete Dir.rmdir Dir.unlink "
        "*.unlink",
        tree="FileUtils.rm_rf FileUtils.rm_r FileUtils.remove_dir FileUtils.remove_entry "
        "FileUtils.remove_entry_secure FileUtils.rmtree rm_rf rm_r *.rmtree",
        write="File.write IO.write IO.binwrite",
        open="File.open File.new open",
        read="File.read IO.read File.readlines IO.readlines",
        empty="File.truncate",
        move="FileUtils.mv File.rename",
        copy="FileUtils.cp FileUtils.cp_r FileUtils.copy",
        rights="FileUtils.chmod FileUtils.chmod_R FileUtils.chown_R File.chmod",
        fetch="URI.open Net.HTTP.get Net.HTTP.get_response",
        send="Net.HTTP.post Net.HTTP.post_form TCPSocket TCPSocket.new TCPSocket.open",
        remove="Net.HTTP.delete",
        eval="eval instance_eval class_eval Kernel.eval",
        kill="Process.kill",
        fork="fork Process.fork",
        environment="ENV",
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
        shell="system exec shell_exec passthru popen proc_open pcntl_exec",
        delete="unlink rmdir",
        write="file_put_contents",
        open="fopen",
        read="file_get_contents readfile file",
        move="rename",
        copy="copy",
        rights="chmod chown",
        fetch="curl_exec",
        send="fsockopen mail stream_socket_client curl_setopt",
        eval="eval assert create_function include require include_once require_once",
        kill="posix_kill",
        fork="pcntl_fork",
        environment="getenv _ENV",
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
        shell="os.execute io.popen",
        delete="os.remove",
        move="os.rename",
        open="io.open",
        eval="load loadstring dofile loadfile",
        environment="os.getenv",
    ),
    harmless=_words(_PLAIN, "string table math os io require"),
    comment="--",
)
AWK = Vocabulary(
    calls=_calls(shell="system"),
    harmless=_words(
        _PLAIN,
        "gsub sub match getline NR NF FS OFS toupper tolower FNR RS ORS gensub "
        "strftime systime delete srand sin cos exp log asort asorti",
    ),
)
POWERSHELL = Vocabulary(
    calls=_calls(
        tree="Remove-Item rm ri del rmdir rd erase",
        eval="Invoke-Expression iex",
        fetch="Invoke-WebRequest iwr Invoke-RestMethod irm",
        kill="Stop-Process Stop-Computer Restart-Computer",
    ),
    harmless=_words(_PLAIN, "Get-ChildItem Get-Content Write-Host Write-Output Get-Process Select"),
    risky=_words("Format-Volume Clear-Disk Set-ExecutionPolicy Start-Process"),
)
APPLESCRIPT = Vocabulary(
    calls=_calls(shell="script"),
    harmless=_words(_PLAIN, "display dialog tell application get set to of"),
    risky=_words("delete tell"),
    comment="--",
)
R = Vocabulary(
    calls=_calls(
        shell="system system2 shell",
        tree="unlink",
        delete="file.remove",
        write="writeLines saveRDS",
        eval="eval source",
        fetch="download.file",
    ),
    harmless=_words(_PLAIN, "c cat paste library mean sum sessionInfo summary head data.frame"),
)
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
