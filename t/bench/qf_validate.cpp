/*
 * qf_validate: what parsing and full validation cost in QuickFIX, on the messages
 * that validate.c uses; for each kind a line "kind nanoseconds".
 *
 *	qf_validate DICTIONARY [ROUNDS]
 */
#include <quickfix/DataDictionary.h>
#include <quickfix/Message.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "messages.h"

namespace
{

const int rounds_default = 7;
const uint64_t seed = 1;

/* Processor time, which other work on the machine moves least. */
double
now_ns()
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return static_cast<double>(t.tv_sec) * 1e9 +
	    static_cast<double>(t.tv_nsec);
}

/* Nanoseconds a message, once over all of them. */
double
pass(const std::vector<std::string> &text, const FIX::DataDictionary &dict)
{
	double start = now_ns();

	for (const std::string &t : text) {
		FIX::Message m;
		m.setString(t, true, &dict, &dict);
		dict.validate(m);
	}
	return (now_ns() - start) / static_cast<double>(text.size());
}

void
measure(enum bench_kind kind, const FIX::DataDictionary &dict, int rounds)
{
	static struct bench_message m[BENCH_MESSAGES];
	std::vector<std::string> text;
	std::vector<double> ns;

	bench_messages(kind, seed, m);
	for (int i = 0; i < BENCH_MESSAGES; i++)
		text.push_back(std::string(m[i].p, m[i].len));
	pass(text, dict); /* warm up */
	for (int i = 0; i < rounds; i++)
		ns.push_back(pass(text, dict));
	std::sort(ns.begin(), ns.end());
	printf("%s %.1f\n", bench_kind_name(kind), ns[ns.size() / 2]);
}

} /* namespace */

int
main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: qf_validate dictionary [rounds]\n");
		return 2;
	}
	try {
		FIX::DataDictionary dict(argv[1]);
		int rounds = argc > 2 ? atoi(argv[2]) : rounds_default;

		for (int k = 0; k < BENCH_KINDS; k++)
			measure(static_cast<enum bench_kind>(k), dict, rounds);
	} catch (std::exception &e) {
		fprintf(stderr, "qf_validate: %s\n", e.what());
		return 1;
	}
	return 0;
}
