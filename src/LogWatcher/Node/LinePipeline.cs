namespace LogWatcher.Node;

/// <summary>
/// Carries batches of lines from the thread that reads and takes them apart to the one that carries them out, so that on two
/// cores both go on at once. Batches are carried out one by one in their order, whoever does it: a small one on the reading
/// thread itself, if the other has nothing to do, since to wake it would take longer.
/// </summary>
internal sealed class LinePipeline
{
    // One is being read into, one is being carried out, one waits between them.
    private const int Batches = 3;

    // So few lines are carried out sooner than another thread begins to.
    private const int SmallBatchLines = 16;

    private readonly Action<LineBatch> _carryOut;
    private readonly Queue<LineBatch> _ready = new(Batches);
    private readonly Queue<LineBatch> _free = new(Batches);
    private int _made;

    // Guards the queues and what follows; what waits on it is one of the two threads.
    private readonly object _gate = new();
    private bool _isCarryingOut;
    private bool _isComplete;
    private Thread? _dispatcher;

    /// <param name="carryOut">Carries out a batch; on one thread at a time, but not always the same.</param>
    public LinePipeline(Action<LineBatch> carryOut)
    {
        _carryOut = carryOut;
    }

    /// <summary>Takes an empty batch to read into; waits until there is one.</summary>
    public LineBatch Take()
    {
        lock (_gate)
        {
            while (_free.Count == 0)
            {
                if (_made < Batches)
                {
                    _made++;
                    return new LineBatch();
                }

                Monitor.Wait(_gate);
            }

            return _free.Dequeue();
        }
    }

    /// <summary>Has a batch carried out, behind all that were handed in before.</summary>
    public void HandIn(LineBatch batch)
    {
        lock (_gate)
        {
            if (_isCarryingOut || _ready.Count > 0 || batch.Count > SmallBatchLines)
            {
                _ready.Enqueue(batch);
                EnsureDispatcher();
                Monitor.PulseAll(_gate);
                return;
            }

            _isCarryingOut = true;
        }

        CarryOut(batch);
    }

    /// <summary>Waits until all is carried out that was handed in. Nothing may be handed in after.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _isComplete = true;
            Monitor.PulseAll(_gate);
            while (_isCarryingOut || _ready.Count > 0)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Starts the second thread when there is first something for it: a short conversation never needs it.</summary>
    private void EnsureDispatcher()
    {
        if (_dispatcher is null)
        {
            _dispatcher = new Thread(CarryOutAll) { IsBackground = true, Name = "dispatcher" };
            _dispatcher.Start();
        }
    }

    private void CarryOutAll()
    {
        ExecutionContext.SuppressFlow();
        while (true)
        {
            LineBatch batch;
            lock (_gate)
            {
                while (_isCarryingOut || _ready.Count == 0)
                {
                    if (_isComplete && _ready.Count == 0)
                    {
                        return;
                    }

                    Monitor.Wait(_gate);
                }

                batch = _ready.Dequeue();
                _isCarryingOut = true;
            }

            CarryOut(batch);
        }
    }

    private void CarryOut(LineBatch batch)
    {
        _carryOut(batch);
        batch.Clear();
        lock (_gate)
        {
            _isCarryingOut = false;
            _free.Enqueue(batch);
            Monitor.PulseAll(_gate);
        }
    }
}
