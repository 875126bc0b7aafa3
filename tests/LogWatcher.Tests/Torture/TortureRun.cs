using System.Diagnostics;
using System.Globalization;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Torture;

/// <summary>
/// One run of a scenario: writers, nodes, and what comes of them. The first thing that is wrong ends it, with the seed, the
/// watch, the line and what had happened before. Nothing waits for a time, but for a line to come; only when none has come for
/// <see cref="Patience"/> is that a failure.
/// </summary>
internal sealed class TortureRun : IDisposable
{
    private const int WriterCount = 3;

    /// <summary>Events that a failure tells.</summary>
    private const int ToldEvents = 30;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly int _seed;
    private readonly int _rotations;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Queue<string> _events = [];
    private readonly List<TortureNode> _nodes = [];
    private string? _failure;
    private int _rotated;
    private int _joining;
    private int _alone;
    private int _missing;
    private int _starting;
    private int _kills;

    /// <param name="scenario">What is to happen.</param>
    /// <param name="seed">All that is left to chance follows from it, but for the timing of threads and processes.</param>
    /// <param name="rotations">How many, of all writers together.</param>
    public TortureRun(Scenario scenario, int seed, int rotations)
    {
        Scenario = scenario;
        _seed = seed;
        _rotations = rotations;
        for (var id = 0; id < WriterCount; id++)
        {
            Writers.Add(new TortureWriter(this, id, Chance(id)));
        }
    }

    public Scenario Scenario { get; }

    public TempFolder Folder { get; } = new();

    /// <summary>Guards all that is known of what was written and what has come; pulsed when something comes.</summary>
    public object Gate { get; } = new();

    public List<TortureWriter> Writers { get; } = [];

    public List<TortureWatch> Watches { get; } = [];

    /// <summary>The node is not there: it is killed, and not begun again before those who work alone are done.</summary>
    public bool IsDown { get; private set; }

    /// <summary>A process that lives longer is killed: long enough for ten thousand rotations.</summary>
    public TimeSpan MaxLife => TimeSpan.FromSeconds(60 + _rotations);

    /// <summary>Runs it to its end.</summary>
    /// <returns>What it has come to, in a line.</returns>
    /// <exception cref="TortureException">Something was wrong; the message says what.</exception>
    public string Run()
    {
        Writers.ForEach(writer => writer.Create());
        foreach (var watched in Scenario.Nodes)
        {
            var node = new TortureNode(this, watched);
            _nodes.Add(node);
            AddWatch(node, TortureFilter.Everything, "all");
            AddWatch(node, TortureFilter.Errors, "errors");
            AddWatch(node, TortureFilter.Writer(0), "w0");
            AddWatch(node, TortureFilter.WarningsOf(1), "warnings of w1");
            node.Start();
        }

        // The first files have been found by all: how they are rotated is what is tested, not how fast a process starts.
        Writers.ForEach(writer => writer.WriteForAll());
        var threads = Writers.Select(writer => Begin(() => writer.Run(Share(writer)))).ToList();
        threads.Add(Begin(Scenario.IsKilled ? KillAgainAndAgain : BeginInTheMiddle));
        threads.ForEach(thread => thread.Join());
        ThrowIfFailed();
        Finish();
        return Summary();
    }

    /// <summary>Waits until something is so, which is looked at whenever something has come.</summary>
    /// <param name="isSo">Called under the lock.</param>
    /// <param name="what">What to say of it if it never comes.</param>
    public void Await(Func<bool> isSo, Func<string> what)
    {
        lock (Gate)
        {
            var since = _clock.Elapsed;
            while (_failure is null && !isSo())
            {
                var left = since + Patience - _clock.Elapsed;
                if (left <= TimeSpan.Zero)
                {
                    Fail($"nothing more comes: {what()}");
                }
                else
                {
                    Monitor.Wait(Gate, left);
                }
            }

            ThrowIfFailed();
        }
    }

    /// <summary>
    /// Does what nobody can be asked to understand who comes in just then: a copy and its original stand side by side, or
    /// lines are about to go for good. No watch begins meanwhile.
    /// </summary>
    public void Alone(Action action)
    {
        lock (Gate)
        {
            Await(() => _joining == 0, () => "a watch that began in the middle has not all that was there: " + FirstMissing());
            _alone++;
        }

        try
        {
            action();
        }
        finally
        {
            lock (Gate)
            {
                _alone--;
                Monitor.PulseAll(Gate);
            }
        }
    }

    /// <summary>A path will lead nowhere for a while: no node can be started then that is given it.</summary>
    public void BeginToMiss()
    {
        lock (Gate)
        {
            Await(() => _starting == 0, () => "a node that was started says nothing");
            _missing++;
        }
    }

    public void EndToMiss()
    {
        lock (Gate)
        {
            _missing--;
            Monitor.PulseAll(Gate);
        }
    }

    public void BeginToStart()
    {
        lock (Gate)
        {
            Await(() => _missing == 0, () => "a path leads nowhere for ever");
            _starting++;
        }
    }

    /// <summary>The node has answered: it has found all paths it was given.</summary>
    public void EndToStart()
    {
        lock (Gate)
        {
            _starting--;
            Monitor.PulseAll(Gate);
        }
    }

    public int CountRotations(int count)
    {
        lock (Gate)
        {
            _rotated += count;
            Monitor.PulseAll(Gate);
        }

        return count;
    }

    /// <summary>Keeps an event for the message of a failure.</summary>
    public void Note(string what)
    {
        lock (Gate)
        {
            _events.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalMilliseconds,8:0.0} ms {what}"));
            if (_events.Count > ToldEvents)
            {
                _events.Dequeue();
            }
        }
    }

    /// <summary>Ends the run. The first failure counts.</summary>
    public void Fail(string what)
    {
        lock (Gate)
        {
            _failure ??= $"""
                LOGWATCHER_TEST_SEED={_seed}, scenario "{Scenario}", after {_rotated} of {_rotations} rotations and {_kills} kills:
                {what}
                Before that:
                {string.Join('\n', _events)}
                """;
            Monitor.PulseAll(Gate);
        }
    }

    public void ThrowIfFailed()
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw new TortureException(failure);
        }
    }

    /// <summary>The first line that is missing, of a writer or of all.</summary>
    public string FirstMissing(TortureWriter? of = null)
    {
        lock (Gate)
        {
            foreach (var watch in Watches)
            {
                foreach (var writer in Writers.Where(writer => of is null || writer == of))
                {
                    foreach (var generation in writer.Generations)
                    {
                        if (watch.FirstMissing(writer, generation, generation.End) is { } number)
                        {
                            return $"{watch} lacks line {number} of w{writer.Id}, of {generation}\n{watch.Trace(writer)}";
                        }
                    }
                }
            }

            return "no line is missing";
        }
    }

    public void Dispose()
    {
        Fail("the run is over");
        _nodes.ForEach(node => node.Dispose());
        Writers.ForEach(writer => writer.Close());
        Folder.Dispose();
    }

    private Random Chance(int index) => new(unchecked((_seed * 397) ^ (index * 7919)));

    private int Share(TortureWriter writer) => (_rotations / WriterCount) + (writer.Id < _rotations % WriterCount ? 1 : 0);

    private TortureWatch AddWatch(TortureNode node, TortureFilter filter, string name)
    {
        var watch = new TortureWatch($"{node.Watched}/{name}", filter, node.Watched, Writers, new TortureTrace(_clock));
        node.Add(watch);
        return watch;
    }

    private Thread Begin(Action action)
    {
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (TortureException)
            {
                // It is known already.
            }
            catch (Exception exception)
            {
                Fail($"the test itself: {exception}");
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
        return thread;
    }

    /// <summary>Three more watches of each node begin at moments that are counted in rotations.</summary>
    private void BeginInTheMiddle()
    {
        var random = Chance(100);
        for (var part = 1; part <= 3; part++)
        {
            var at = (_rotations * part / 4) - random.Next(Math.Max(1, _rotations / 8));
            Await(() => _rotated >= at, () => "the writers stand still: " + FirstMissing());
            foreach (var node in _nodes)
            {
                var filter = random.Pick(TortureFilter.Everything, TortureFilter.Errors, TortureFilter.Writer(2));
                BeginToJoin();
                lock (Gate)
                {
                    AddWatch(node, filter, $"late {part}");
                }

                AwaitJoined();
            }
        }
    }

    private void KillAgainAndAgain()
    {
        var random = Chance(101);
        var node = _nodes[0];
        for (var at = random.Next(1, 8); at < _rotations - 4; at += random.Next(1, 8))
        {
            var turn = at;
            Await(() => _rotated >= turn, () => "the writers stand still: " + FirstMissing());
            Thread.Sleep(random.Next(30));
            lock (Gate)
            {
                Await(() => _alone == 0, () => "somebody works alone for ever");
                IsDown = true;
                _kills++;
                Note("killed");
                Watches.ForEach(watch => watch.NoteKill());
            }

            node.Kill();
            lock (Gate)
            {
                // Those who waited for it to have all may work now.
                _joining = 0;
                Monitor.PulseAll(Gate);
            }

            // Sometimes for long enough that files are rotated meanwhile, sometimes not at all.
            Thread.Sleep(random.Next(4) == 0 ? 0 : random.Next(100));
            BeginToJoin();
            lock (Gate)
            {
                Note("resumed");
                IsDown = false;
            }

            node.Start();
            if (random.Next(2) == 0 || Scenario.IsKnown)
            {
                // Those who rotate only what all have read may all wait for it.
                AwaitJoined();
            }
        }

        AwaitJoined();
    }

    private void BeginToJoin()
    {
        lock (Gate)
        {
            Await(() => _alone == 0, () => "somebody works alone for ever: " + FirstMissing());
            _joining++;
        }
    }

    /// <summary>Waits until all that was there at this moment has come everywhere.</summary>
    private void AwaitJoined()
    {
        lock (Gate)
        {
            if (_joining == 0)
            {
                return;
            }

            var ends = Writers.ConvertAll(writer => writer.Generations.ConvertAll(generation => (generation, generation.End)));
            Await(
                () => Watches.TrueForAll(watch => Writers.TrueForAll(writer => ends[writer.Id].TrueForAll(it => watch.HasAll(writer, it.generation, it.End)))),
                () => FirstMissing());
            _joining = 0;
            Monitor.PulseAll(Gate);
        }
    }

    /// <summary>
    /// Has everybody read all there is, and then, by two files that come one after the other, look for new files once more:
    /// what is doubled by that has come before.
    /// </summary>
    private void Finish()
    {
        Writers.ForEach(writer => writer.WriteForAll());
        Await(
            () => Watches.TrueForAll(watch => Writers.TrueForAll(writer => writer.Generations.TrueForAll(it => watch.HasAll(writer, it)))),
            () => FirstMissing());
        for (var time = 0; time < 2; time++)
        {
            var last = new TortureWriter(this, Writers.Count, Chance(200 + time)) { IsNamed = false };
            lock (Gate)
            {
                Writers.Add(last);
                last.Create();
            }

            Writers.ForEach(writer => writer.WriteForAll());
        }

        ThrowIfFailed();
        foreach (var node in _nodes)
        {
            var (exitCode, errors) = node.End();
            if (exitCode != 0 || errors.Length > 0)
            {
                Fail($"the node that watches {node.Watched} ended with {exitCode}: {errors}");
            }
        }

        ThrowIfFailed();
    }

    private string Summary()
    {
        var lost = Watches.Sum(watch => Writers.Sum(watch.CountLostToTruncation));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Scenario}: {_rotated} rotations, {_kills} kills, {Writers.Sum(writer => writer.Lines.Count)} lines, {Watches.Sum(watch => watch.Delivered)} entries to {Watches.Count} watches, {lost} lost to copytruncate where the copies are not watched, in {_clock.Elapsed.TotalSeconds:0.0} s");
    }
}

/// <summary>A run has failed; the message says everything.</summary>
internal sealed class TortureException(string message) : Exception(message);
