"""How long the trainings of a run would take on other numbers of threads: a Markdown table on stdout.

    python3 tools/schedule.py RUN [--threads 2,4,16,64] [--efficiency 0.8]

Takes the seconds of one thread that RUN/leaderboard.json has for each baseline and network, and places them as `ninefold compare` does:
baselines first, then networks, the longest first, as many at a time as there are threads. `separate`: each keeps the threads that it began
with. `shared`: at every moment the threads are divided among the trainings that are left. A training on t threads is
1 + efficiency * (t - 1) times as fast as on one, up to `--most` threads. `bound`: all seconds divided by the threads, or the longest
training as fast as it can be, whichever is more.
"""

import argparse
import json
import pathlib


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("--threads", default="2,4,16,64")
    parser.add_argument("--efficiency", type=float, default=0.8, help="of each thread after the first")
    parser.add_argument("--most", type=int, default=8, help="threads that one training can use")
    arguments = parser.parse_args()
    board = json.loads((arguments.run / "leaderboard.json").read_text())
    rows = [row for row in board["rows"] if not row["ensemble"]]
    seconds = lambda row: row["seconds"]["train"] + row["seconds"]["evaluate"]
    baselines = [seconds(row) for row in rows if row["baseline"]]
    networks = sorted((seconds(row) for row in rows if not row["baseline"]), reverse=True)
    jobs = baselines + networks

    def speed(threads):
        return 1 + arguments.efficiency * (min(threads, arguments.most) - 1)

    print(f"{len(baselines)} baselines, {len(networks)} networks, {sum(jobs):.0f} s of one thread\n")
    print("| threads | separate, s | shared, s | bound, s |")
    print("| ---: | ---: | ---: | ---: |")
    for threads in map(int, arguments.threads.split(",")):
        bound = max(sum(jobs) / threads, max(jobs) / speed(threads))
        print(f"| {threads} | {simulate(jobs, threads, speed, False):.0f} | {simulate(jobs, threads, speed, True):.0f} | {bound:.0f} |")


def simulate(jobs, threads, speed, is_shared):
    """Seconds until the last job is done."""
    workers = min(threads, len(jobs))
    own = [threads // workers + (place < threads % workers) for place in range(workers)]
    waiting = list(jobs)
    running = {place: waiting.pop(0) for place in range(workers)}
    now = 0.0
    while running:
        if is_shared:
            places = sorted(running)
            share = {p: threads // len(places) + (i < threads % len(places)) for i, p in enumerate(places)}
        else:
            share = {place: own[place] for place in running}
        step = min(left / speed(share[place]) for place, left in running.items())
        now += step
        for place in list(running):
            running[place] -= step * speed(share[place])
            if running[place] < 1e-9:
                del running[place]
                if waiting:
                    running[place] = waiting.pop(0)
    return now


if __name__ == "__main__":
    main()
