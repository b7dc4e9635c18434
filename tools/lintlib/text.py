# SPDX-License-Identifier: MIT
"""Checks that read the text of the tree."""
import posixpath
import re
import subprocess

FUNCTION_LINES = 100
FUNCTION_COMPLEXITY = 15
FILE_LINES = {".c": 800, ".h": 400}
MAIN_LINES = 60

BANNED = {
    "strcpy": "use memcpy with a length, or snprintf",
    "strcat": "use snprintf",
    "sprintf": "use snprintf",
    "vsprintf": "use vsnprintf",
    "strtok": "use strcspn or strsep on a copy",
    "atoi": "use strtol and check its end and range",
    "atol": "use strtol and check its end and range",
    "atof": "use strtod and check its end",
    "alloca": "use a fixed array or the heap",
    "gets": "use fgets",
    "rand": "use getrandom, or a generator with a state of its own",
    "srand": "use getrandom, or a generator with a state of its own",
    "system": "use posix_spawn with an argument list",
    "popen": "use posix_spawn with an argument list",
}
HEAP = ("malloc", "calloc", "realloc", "free", "strdup", "strndup", "asprintf")

# Device code includes these, <otaria/...>, and headers beside it; nothing else.
DEVICE_SYSTEM = {"stdint.h", "stddef.h", "stdbool.h", "string.h", "limits.h"}
DEVICE_CORE = ("device/src/", "device/boot/", "device/crypto/")
DEVICE_ALSO = {"device/crypto/": ("bearssl", "openssl/")}

# Who may include whose public headers. A folder always has its own; tests/ has everything.
PUBLIC = {
    "base": r"base/(err|file|hex|log|xalloc)\.h",
    "device": r"otaria/\w+\.h",
    "posix": r"device/ports/posix/posix\.h",
    "tls": r"(device/ports/bearssl/)?tls\.h",
    "lwip": r"(device/ports/lwip/)?lwip_net\.h",
    "release": r"release/(release|image|keys)\.h",
    "http": r"server/http/(http|limits)\.h",
    "store": r"server/store/(store|payload|limits)\.h",
    "fleet": r"server/fleet/(fleet|ring|limits)\.h",
    "api": r"server/api/(api|base64|limits)\.h",
    "daemon": r"server/daemon/daemon\.h",
    "sim": r"sim/\w+\.h",
    "emon": r"firmware/emon/\w+\.h",
    "lx106": r"lx106/\w+\.h",
}
MAY_INCLUDE = {
    "base/": ("base",),
    "device/ports/posix/": ("device", "posix"),
    "device/ports/bearssl/": ("device", "tls"),
    "device/ports/lwip/": ("device", "lwip"),
    "device/": ("device",),
    "release/": ("base", "device", "release"),
    "server/http/": ("base", "http"),
    "server/store/": ("base", "device", "store"),
    "server/fleet/": ("base", "device", "store", "fleet"),
    "server/api/": ("base", "device", "release", "http", "store", "fleet", "api"),
    "server/daemon/": ("base", "device", "release", "http", "store", "fleet", "api", "daemon"),
    "sim/": ("base", "device", "posix", "release", "sim"),
    "boards/lx106/unit/": tuple(PUBLIC),
    "boards/": ("device", "lx106"),
    "firmware/emon/posix/": ("base", "device", "posix", "release", "sim", "emon"),
    "firmware/": ("device", "lx106", "tls", "lwip"),
    "cli/": ("base", "device", "posix", "tls", "release", "http", "store", "fleet", "api", "daemon", "sim"),
    "tests/": tuple(PUBLIC),
}

TEST_FOLDERS = ("tests/", "boards/lx106/unit/")

# Written in pieces, so that this file is not a finding of its own.
WORDS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK|for no" r"w|place" r"holder|not implement" r"ed)\b")
MACHINE = re.compile(r"(?<![\w.])/(?:wo" r"rk|ro" r"ot|home/\w+)/")
HOSTS = re.compile(r"(deb\.debi" r"an\.org|registry\.npm" r"js\.org|py" r"pi\.org|proxy\.gol" r"ang\.org|crat" r"es\.io)")


def lines_of(text):
    return enumerate(text.splitlines(), 1)


def line_at(text, position):
    return text.count("\n", 0, position) + 1


def check_format(tree):
    """clang-format 14 would change nothing"""
    files = [n for n in tree.ending(".c", ".h") if not tree.generated(n)]
    if not files:
        return
    seen = set()
    for line in tree.run("clang-format-14", "--dry-run", "-Werror", *files).stdout.splitlines():
        found = re.match(r"([^:\s]+):(\d+):\d+: error:", line)
        if found and found.group(1) not in seen:
            seen.add(found.group(1))
            yield f"{found.group(1)}:{found.group(2)}: not formatted; run clang-format-14 -i {found.group(1)}"


def check_spdx(tree):
    """every source file names its licence in its first lines"""
    for name in tree.names:
        source = name.endswith((".c", ".h", ".S", ".ld", ".py", ".sh"))
        text = tree.read(name) if source or name.startswith(("tools/", ".ci/")) else ""
        script = text.startswith("#!")
        head = text.splitlines()[:2 if script else 1]
        if (source or script) and not any("SPDX-License-Identifier: MIT" in line for line in head):
            yield f"{name}:1: no licence line; start with // SPDX-License-Identifier: MIT"


def check_functions(tree):
    """functions of at most 100 lines and complexity 15, main of at most 60 lines"""
    used = set()
    files = [n for n in tree.ending(".c") if not tree.generated(n)]
    if not files:
        return
    for row in tree.run("pmccabe", *files, stderr=subprocess.DEVNULL).stdout.splitlines():
        _, complexity, _, first, length, place, function = row.split(None, 6)
        name = place.partition("(")[0]
        allowed = ("function", f"{name}:{function}")
        limit = MAIN_LINES if function == "main" else FUNCTION_LINES
        problems = []
        if int(length) > limit:
            problems.append(f"{function} has {length} lines, {limit} are allowed")
        if int(complexity) > FUNCTION_COMPLEXITY:
            problems.append(f"{function} has complexity {complexity}, {FUNCTION_COMPLEXITY} is allowed")
        if problems and allowed in tree.allowed:
            used.add(allowed)
            continue
        for problem in problems:
            yield f"{name}:{first}: {problem}; split it by what its parts do"
    yield from stale_allowances(tree, "function", used)


def check_files(tree):
    """.c files of at most 800 lines, headers of at most 400"""
    used = set()
    for name in tree.ending(".c", ".h"):
        count = len(tree.read(name).splitlines())
        limit = FILE_LINES[name[-2:]]
        if count <= limit or tree.generated(name):
            continue
        if ("file", name) in tree.allowed:
            used.add(("file", name))
            continue
        yield f"{name}:{limit + 1}: {count} lines, {limit} are allowed; find the second module in it"
    yield from stale_allowances(tree, "file", used)


def stale_allowances(tree, kind, used):
    """An exception needs a reason and something to except."""
    for (check, subject), (number, reason) in tree.allowed.items():
        if check == kind and (check, subject) not in used:
            yield f"tools/lint-allow:{number}: {subject} needs no exception; remove the line"
        if check == kind and not reason:
            yield f"tools/lint-allow:{number}: {subject} is excepted without a reason; give one"


def check_banned(tree):
    """no function with a safer sibling is called; no heap in device/"""
    every = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    heap = re.compile(r"(?<![\w.>])(" + "|".join(HEAP) + r")\s*\(")
    for name in tree.ending(".c", ".h"):
        for number, line in lines_of(tree.code(name)):
            for found in every.finditer(line):
                yield f"{name}:{number}: {found.group(1)} is banned; {BANNED[found.group(1)]}"
            if name.startswith("device/"):
                for found in heap.finditer(line):
                    yield f"{name}:{number}: {found.group(1)} in device/; the caller owns all memory"


def function_bodies(code):
    """(start, end) of each function body in text without comments and strings."""
    code = re.sub(r'extern\s+" *"\s*\{', lambda m: " " * len(m.group(0)), code)
    directive = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
    plain = directive.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), code)
    depth, start = 0, None
    for position, char in enumerate(plain):
        if char == "{":
            if depth == 0 and plain[:position].rstrip().endswith(")"):
                start = position
            depth += 1
        elif char == "}" and depth > 0:
            depth -= 1
            if depth == 0 and start is not None:
                yield start, position
                start = None


def check_conditionals(tree):
    """no #if inside a function"""
    for name in tree.ending(".c", ".h"):
        code = tree.code(name)
        conditionals = list(re.finditer(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else)\b", code, re.M))
        if not conditionals:
            continue
        bodies = list(function_bodies(code))
        for found in conditionals:
            if any(start < found.start() < end for start, end in bodies):
                yield (f"{name}:{line_at(code, found.start())}: #{found.group(1)} inside a function; "
                       "link another file, or use a field")


def check_device(tree):
    """device sources suit old chip compilers: no _Generic, atomics or hosted headers"""
    modern = re.compile(r"\b(_Generic|_Atomic|_Thread_local|stdatomic\.h|typeof|__int128)\b")
    for name in tree.ending(".c", ".h", under="device/"):
        for number, line in lines_of(tree.code(name)):
            found = modern.search(line)
            if found:
                yield f"{name}:{number}: {found.group(1)} in device/; old chip toolchains lack it"
        if name.startswith(DEVICE_CORE) or name.startswith("device/include/"):
            yield from device_includes(tree, name)


def device_includes(tree, name):
    also = next((more for folder, more in DEVICE_ALSO.items() if name.startswith(folder)), ())
    for number, line in lines_of(tree.read(name)):
        found = re.match(r"\s*#\s*include\s*<([^>]+)>", line)
        if not found:
            continue
        header = found.group(1)
        if header not in DEVICE_SYSTEM and not header.startswith(("otaria/", *also)):
            yield f"{name}:{number}: <{header}> in freestanding code; only {', '.join(sorted(DEVICE_SYSTEM))} and <otaria/...>"


def check_includes(tree):
    """a folder includes only the public headers of the folders below it"""
    for name in tree.ending(".c", ".h"):
        folder = next((f for f in MAY_INCLUDE if name.startswith(f)), None)
        if folder is None or folder in TEST_FOLDERS:
            continue
        for number, line in lines_of(tree.read(name)):
            found = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<(otaria/[^>]+)>)', line)
            if not found:
                continue
            header = found.group(1) or found.group(2)
            if header.startswith("../"):
                header = posixpath.normpath(posixpath.join(posixpath.dirname(name), header))
            if header.startswith(folder) or "/" not in header:
                continue
            if not any(re.fullmatch(PUBLIC[other], header) for other in MAY_INCLUDE[folder]):
                yield (f"{name}:{number}: {folder} may not include {header}; it may use the public headers of "
                       f"{', '.join(MAY_INCLUDE[folder])} (the table is in tools/lintlib/text.py)")


def check_words(tree):
    """no marks of unfinished work, paths of one machine, or registry hosts"""
    for name in tree.names:
        if not tree.is_text(name):
            continue
        for number, line in lines_of(tree.read(name)):
            for pattern, advice in ((WORDS, "finish it, or file an issue"),
                                    (MACHINE, "this path exists on one machine only"),
                                    (HOSTS, "name no package registry")):
                found = pattern.search(line)
                if found:
                    yield f"{name}:{number}: \"{found.group(0)}\"; {advice}"


CHECKS = {
    "format": check_format,
    "spdx": check_spdx,
    "functions": check_functions,
    "files": check_files,
    "banned": check_banned,
    "conditionals": check_conditionals,
    "device": check_device,
    "includes": check_includes,
    "words": check_words,
}
