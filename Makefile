# The front door. `make help` says what there is; CMake does the work in build/.
SETUP ?= tools/setup
JOBS ?= $(shell nproc)
CMAKE = cmake -S . -G Ninja -B
NINJA = cmake --build
# The cross build: the boot stage, firmware, the board's mask ROM.
BOARD = $(CMAKE) build/board --toolchain cmake/lx106.cmake --log-level=WARNING && $(NINJA) build/board -j $(JOBS)

.PHONY: help demo demo-host board test test-long lint fuzz clean
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20
demo: board ## install what is missing, build, and show the main job on the virtual board (ONCE=1: leave nothing running; SHOTS=1: pictures)
	$(if $(SHOTS),$(SETUP) shots)
	ONCE=$(ONCE) SHOTS=$(SHOTS) tools/demo
demo-host: board ## the same with a process in the device's place
	ONCE=$(ONCE) tools/demo-host
board: ## install what is missing, and build the programs, and what runs on the chip and the virtual board
	$(SETUP) demo
	$(CMAKE) build/plain -DOTARIA_TESTS=none -DOTARIA_WERROR=OFF --log-level=WARNING
	$(NINJA) build/plain -j $(JOBS)
	$(BOARD)
test: ## install what is missing, build, and run every test
	$(SETUP) test
	$(CMAKE) build/plain -DOTARIA_TESTS=heavy -DOTARIA_WERROR=OFF --log-level=WARNING
	$(CMAKE) build/test -DOTARIA_TESTS=light -DOTARIA_SANITIZE=ON -DOTARIA_HEAVY_BUILD=$(CURDIR)/build/plain --log-level=WARNING
	$(NINJA) build/plain -j $(JOBS) --target all browser_modules
	$(BOARD)
	$(NINJA) build/test -j $(JOBS)
	tools/run-tests build/test
test-long: ## the same with full sweeps instead of samples, then five minutes of each fuzz target
	OTARIA_LONG=1 $(MAKE) test
	$(MAKE) fuzz FUZZ_S=300
lint: ## every check that needs no run: style, sizes, both compilers, 32 bit
	$(SETUP) test
	tools/lint
fuzz: ## each fuzz target under libFuzzer for FUZZ_S seconds (30)
	$(SETUP) test
	tools/fuzz $(or $(FUZZ_S),30)
clean: ## remove everything that was built
	rm -rf build
