# SPDX-License-Identifier: MIT
"""Checks that run a compiler or another tool."""
import concurrent.futures
import os
import pathlib
import re
import shlex
import tempfile

WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Wno-sign-conversion", "-Wvla",
            "-Wstrict-prototypes", "-Wmissing-prototypes", "-Wunused-result", "-Werror"]
HOST = ["-std=c11", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-D_TIME_BITS=64",
        "-I.", "-Idevice/include", '-DOTARIA_SOURCE_DIR="."', '-DOTARIA_VERSION="0"']
DEVICE = ["-std=c11", "-ffreestanding", "-Idevice/include", "-Idevice"]

LX106 = ["xtensa-lx106-elf-gcc", "-Os", "-mlongcalls", "-mtext-section-literals", "-fno-stack-protector",
         "-Wstack-usage=1536", *DEVICE, *WARNINGS]
# The core of the device library: everything but backends of the crypto adapter and the ports.
CORE = ("device/src/", "device/boot/")
# What the core may leave to its surroundings: mem* and libgcc, and the crypto adapter.
SURROUNDINGS = re.compile(r"mem(cpy|move|set|cmp|chr)$|__\w+$|otaria_(sha256|p256|crypto|hss)_\w+$")

ARMHF = ["arm-linux-gnueabihf-gcc", "-fsyntax-only", *HOST, *WARNINGS]
HOST_FOLDERS = ("base/", "device/", "release/", "server/", "cli/", "sim/", "firmware/emon/")
# Sources that only the chip's compiler and libraries can take; the cross build compiles them with warnings as errors.
CHIP_FOLDERS = ("device/ports/esp8266/", "device/ports/lwip/", "boards/", "firmware/emon/lx106/", "firmware/emon/bearssl/", "firmware/emon/lwip/")

# uninitvar: wrong about arrays that a callee fills; the compilers and the sanitized tests watch those.
# arrayIndexThenCheck: a matter of taste where both operands are in bounds.
CPPCHECK = ["cppcheck", "--quiet", "--std=c11", "--enable=warning,performance,portability", "--inline-suppr",
            "--suppress=missingInclude", "--suppress=missingIncludeSystem", "--suppress=unmatchedSuppression",
            "--suppress=normalCheckLevelMaxBranches",
            "--suppress=uninitvar", "--suppress=arrayIndexThenCheck", "-I.", "-Idevice/include", "-D__GNUC__=12", "-D_GNU_SOURCE",
            '-DOTARIA_VERSION="0"', "--library=" + str(pathlib.Path(__file__).with_name("cppcheck.cfg")),
            "--template={file}:{line}: {message} [{id}]", "--error-exitcode=1"]
# The path-sensitive analyzer is left out: it takes twenty times as long as all of these together.
TIDY = ",".join(["-*", "bugprone-*", "cert-flp30-c", "cert-fio38-c", "cert-err34-c", "misc-redundant-expression",
                 *("-bugprone-" + name for name in (
                     "easily-swappable-parameters", "reserved-identifier", "branch-clone", "assignment-in-if-condition",
                     "implicit-widening-of-multiplication-result", "narrowing-conversions", "macro-parentheses",
                     "sizeof-expression", "not-null-terminated-result"))])
PROBLEM = re.compile(r"^(?:\.\./)*([^\s:]+):(\d+)(?::\d+)?: (?:fatal )?(?:error|warning): (.*)")


def problems_in(tree, output, advice):
    """Compiler output as findings, each place once."""
    seen = set()
    for line in output.splitlines():
        found = PROBLEM.match(line)
        if not found:
            continue
        path = found.group(1)
        if path.startswith(str(tree.root)):
            path = os.path.relpath(path, tree.root)
        finding = f"{path}:{found.group(2)}: {found.group(3)}; {advice}"
        if finding not in seen:
            seen.add(finding)
            yield finding


def host_sources(tree):
    return [n for n in tree.ending(".c") if n.startswith(HOST_FOLDERS) and not n.startswith(CHIP_FOLDERS)]


def each_file(tree, command, files, advice):
    """Runs command FILE for every file, two at a time."""
    def one(name):
        done = tree.run(*command, name)
        findings = list(problems_in(tree, done.stdout, advice))
        if done.returncode and not findings:
            findings = [f"{name}:1: {command[0]} failed: {done.stdout.strip()[-300:]}"]
        return findings

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for findings in pool.map(one, files):
            yield from findings


def check_constants(tree):
    """the generated constants are what spec/constants.toml says"""
    if "tools/gen-constants" not in tree.names:
        return
    done = tree.run("/usr/bin/python3", "tools/gen-constants", "--check")
    if done.returncode:
        for line in done.stdout.splitlines():
            name, _, rest = line.partition(": ")
            yield f"{name}:1: {rest}"


def alone(compiler, language, *flags):
    """A command that compiles a file which only includes its argument."""
    words = " ".join(shlex.quote(w) for w in (compiler, "-fsyntax-only", "-x", language, *flags))
    return ["sh", "-c", f'printf \'#include "%s"\\nextern int nothing;\\n\' "$0" | {words} -']


def check_headers(tree):
    """every header compiles on its own: the device's as C11 and as C++17, the host's as C11"""
    device = tree.ending(".h", under="device/include/")
    other = [n for n in tree.ending(".h") if n.startswith(("base/", "release/", "server/", "cli/", "sim/"))]
    advice = "a header must include what it uses"
    yield from each_file(tree, alone("gcc", "c", "-pedantic", *DEVICE, *WARNINGS), device, advice)
    yield from each_file(tree, alone("g++", "c++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-Idevice/include"),
                         device, "device headers are also for C++17")
    yield from each_file(tree, alone("gcc", "c", *HOST, *WARNINGS), other, advice)


def check_lx106(tree):
    """the device core compiles for lx106, 1.5 KB of stack a function, and needs only mem* and libgcc"""
    files = [n for n in tree.ending(".c") if n.startswith(CORE)]
    with tempfile.TemporaryDirectory() as folder:
        def one(name):
            out = pathlib.Path(folder, name.replace("/", "_") + ".o")
            done = tree.run(*LX106, "-c", name, "-o", out)
            findings = list(problems_in(tree, done.stdout, "it must build for the chip"))
            if done.returncode and not findings:
                findings = [f"{name}:1: does not compile for lx106: {done.stdout.strip()[-300:]}"]
            return name, out, findings

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            built = list(pool.map(one, files))
        for _, _, findings in built:
            yield from findings
        yield from undefined_symbols(tree, [(name, out) for name, out, _ in built if out.exists()])


def undefined_symbols(tree, built):
    defined, wanted = set(), {}
    for name, out in built:
        for line in tree.run("xtensa-lx106-elf-nm", out).stdout.splitlines():
            kind, symbol = line.split()[-2:]
            if kind == "U":
                wanted.setdefault(symbol, name)
            else:
                defined.add(symbol)
    for symbol, name in sorted(wanted.items()):
        if symbol not in defined and not SURROUNDINGS.match(symbol):
            number = next((n for n, line in enumerate(tree.code(name).splitlines(), 1)
                           if re.search(rf"\b{symbol}\b", line)), 1)
            yield f"{name}:{number}: needs {symbol}; the device core may need only mem*, libgcc and the crypto adapter"


def check_armhf(tree):
    """host code compiles for 32-bit ARM with 64-bit time and file offsets"""
    files = [n for n in host_sources(tree) if not n.startswith("device/crypto/")]
    # Headers of Debian's other libraries serve every architecture; libc's own come with the compiler.
    multiarch = tree.run("gcc", "-print-multiarch").stdout.strip()
    command = [*ARMHF, "-idirafter", "/usr/include", "-idirafter", f"/usr/include/{multiarch}"]
    yield from each_file(tree, command, files, "it must build for 32-bit ARM")


def check_shell(tree):
    """shellcheck has nothing to say about the shell scripts"""
    scripts = [n for n in tree.names if n.endswith((".sh", ".bash")) or
               (n.startswith((".ci/", "tools/", "tests/")) and "." not in os.path.basename(n)
                and re.match(r"#!.*\b(ba|da)?sh\b", tree.read(n).partition("\n")[0]))]
    if not scripts:
        return
    for line in tree.run("shellcheck", "-x", "-f", "gcc", *scripts).stdout.splitlines():
        found = re.match(r"([^:]+):(\d+):\d+: \w+: (.*)", line)
        if found:
            yield f"{found.group(1)}:{found.group(2)}: {found.group(3)}"


def compiler_build(tree, compiler):
    """Configures and builds everything with warnings as errors in build/lint-COMPILER."""
    folder = f"build/lint-{compiler.partition('-')[0]}"
    done = tree.run("cmake", "-S", ".", "-B", folder, "-G", "Ninja", f"-DCMAKE_C_COMPILER={compiler}",
                    "-DOTARIA_TESTS=all", "-DOTARIA_WERROR=ON", "--log-level=WARNING")
    if done.returncode:
        yield f"CMakeLists.txt:1: cmake failed with {compiler}: {done.stdout.strip()[-600:]}"
        return
    done = tree.run("cmake", "--build", folder, "-j", str(os.cpu_count()), "--", "-k", "0")
    findings = list(problems_in(tree, done.stdout, f"{compiler} must build without a warning"))
    if done.returncode and not findings:
        findings = [f"CMakeLists.txt:1: the build with {compiler} failed: {done.stdout.strip()[-600:]}"]
    yield from findings


def check_gcc(tree):
    """gcc builds everything without a warning"""
    yield from compiler_build(tree, "gcc")


def check_clang(tree):
    """clang 14 builds everything without a warning"""
    yield from compiler_build(tree, "clang-14")


def check_cppcheck(tree):
    """cppcheck has nothing to say"""
    folders = [f for f in HOST_FOLDERS if any(n.startswith(f) for n in tree.ending(".c"))]
    done = tree.run(*CPPCHECK, "-j", str(os.cpu_count()), *folders)
    for line in done.stdout.splitlines():
        if re.match(r"[^:\s]+:\d+: ", line):
            yield f"{line}; if it is wrong, say why beside // cppcheck-suppress"


def check_tidy(tree):
    """a bounded set of clang-tidy checks has nothing to say"""
    files = host_sources(tree)
    command = ["sh", "-c", f'exec clang-tidy-14 --quiet --checks={shlex.quote(TIDY)} "$0" -- '
               + " ".join(shlex.quote(h) for h in HOST) + " 2>/dev/null"]
    yield from each_file(tree, command, files, "or // NOLINT(check) with a reason")


CHECKS = {
    "constants": check_constants,
    "shell": check_shell,
    "headers": check_headers,
    "lx106": check_lx106,
    "armhf": check_armhf,
    "cppcheck": check_cppcheck,
    "tidy": check_tidy,
    "gcc": check_gcc,
    "clang": check_clang,
}
