using LogWatcher.Rpc;
using LogWatcher.Tests.Protos;

namespace LogWatcher.Tests.Support;

/// <summary>A call on no door at all: what a handler sees, with nothing behind it.</summary>
internal sealed class PlainCall(string method = "Answer", string peer = "peer", TimeProvider? time = null) : CallContext
{
    public override Method Method { get; } = ProbeService.Register(new ProbeService()).Find("Probe", method);

    public override string Peer => peer;

    public override Metadata RequestMetadata { get; } = new();

    public override DateTimeOffset? Deadline => null;

    public override TimeProvider Time => time ?? TimeProvider.System;

    public override long MessagesSent => 0;

    /// <summary>Whether the handler has said so.</summary>
    public bool IsEndless { get; private set; }

    public override void DeclareEndless() => IsEndless = true;

    /// <summary>Ends the call from outside.</summary>
    public void EndFromOutside() => Cancel();

    /// <summary>What the handler of this call's method yields for these requests.</summary>
    public async Task<List<Text>> RunAsync(params string[] requests)
    {
        var responses = new List<Text>();
        await foreach (var response in ((Method<Text, Text>)Method).Handler(Requests(requests), this))
        {
            responses.Add(response);
        }

        return responses;
    }

    private static async IAsyncEnumerable<Text> Requests(string[] texts)
    {
        foreach (var text in texts)
        {
            await Task.Yield();
            yield return new Text { Text_ = text };
        }
    }
}
