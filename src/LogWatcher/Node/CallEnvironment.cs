using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <summary>What all calls of a node share.</summary>
/// <param name="MaxCalls">Live calls of one client.</param>
/// <param name="LogLine">Takes lines for people, from any thread.</param>
internal sealed record CallEnvironment(
    NodeIdentity Identity,
    EnvelopeWriter Writer,
    int MaxCalls,
    InterceptorChain Interceptors,
    TimeProvider Time,
    Action<string> LogLine)
{
    private volatile bool _isInputEnded;
    private volatile bool _isStopping;
    private StreamRegistry? _registry;
    private long _waitingBytes;
    private long _waitingWindowedBytes;

    /// <summary>The handlers of its calls, of those that have ended too.</summary>
    public RunningHandlers Handlers { get; } = new();

    /// <summary>The node's calls. Made by the first that asks: a node that has only said <c>init_ok</c> needs none.</summary>
    public StreamRegistry Registry => Volatile.Read(ref _registry) ?? MakeRegistry();

    /// <summary>The calls of a node that has had any.</summary>
    public StreamRegistry? RegistryIfAny => Volatile.Read(ref _registry);

    /// <summary>Whether stdin has ended: nothing more will come from any client.</summary>
    public bool IsInputEnded
    {
        get => _isInputEnded;
        set => _isInputEnded = value;
    }

    /// <summary>Whether the node has been told to stop: no new calls, and endless ones end.</summary>
    public bool IsStopping
    {
        get => _isStopping;
        set => _isStopping = value;
    }

    /// <summary>
    /// Messages that calls have written on the reader since it took its last line. A handler that goes on and on without
    /// waiting is moved away from the reader when this reaches <see cref="LineCall.MaxInlineMessages"/>. The reader's alone.
    /// </summary>
    public int InlineMessages { get; set; }

    /// <summary>Carries out the next line, if it is for this call; false: it is not, or this is not the thread that does. Any thread.</summary>
    public Func<LineCall, bool> CarryOutNextOf { get; set; } = _ => false;

    /// <summary>When the line that is being carried out was read: deadlines run from there. The reader's alone.</summary>
    public long LineReadAt { get; set; }

    /// <summary>The bytes of all messages that wait for their handlers; those of calls with flow control count apart.</summary>
    public ref long WaitingBytes(bool isWindowed) => ref isWindowed ? ref _waitingWindowedBytes : ref _waitingBytes;

    private StreamRegistry MakeRegistry()
    {
        Interlocked.CompareExchange(ref _registry, new StreamRegistry(MaxCalls), null);
        return _registry;
    }
}
