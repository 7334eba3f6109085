// SPDX-License-Identifier: MIT
// The only C++ in the tree: google-benchmark behind the C of gbench.h.
//
// Each block is a benchmark with a fixed number of iterations and manual
// time. The library's own interleaving has no seed, so the order is ours.

#include "bench/measure/gbench.h"

#include <benchmark/benchmark.h>

#include <cerrno>
#include <cstring>
#include <sstream>

static void run_block(benchmark::State &state, const gbench_block *block)
{
	int error = block->before(block->data);
	if (error == 0) {
		for (auto _ : state) {
			double seconds = 0;
			const int failed = block->sample(block->data, &seconds);
			if (failed != 0)
				error = failed;
			if (failed != 0 && block->give_up(block->data))
				break;
			state.SetIterationTime(seconds);
		}
	}
	block->after(block->data);
	if (error != 0)
		state.SkipWithError(strerror(-error));
}

void gbench_add(const gbench_block *block)
{
	benchmark::RegisterBenchmark(block->name, run_block, block)
		->Iterations(block->iterations)
		->UseManualTime()
		->Unit(benchmark::kMicrosecond);
}

int gbench_run(char **json)
{
	std::ostringstream report;
	benchmark::JSONReporter reporter;
	reporter.SetOutputStream(&report);
	reporter.SetErrorStream(&report);
	benchmark::RunSpecifiedBenchmarks(&reporter, ".");
	*json = strdup(report.str().c_str());
	return *json ? 0 : -ENOMEM;
}
