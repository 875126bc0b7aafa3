using System.Buffers.Binary;
using Google.Protobuf;
using LogWatcher.Rpc;

namespace LogWatcher.Tests.Support;

/// <summary>A call over HTTP/2 whose messages come and go one by one.</summary>
internal sealed class Http2Call(FrameClient client, Method method, int streamId)
{
    private const int PrefixBytes = 5;

    private readonly List<byte> _body = [];

    public Method Method => method;

    public bool IsCancelled { get; private set; }

    public Task SendAsync(IMessage message, bool isLast) => client.SendAsync(streamId, FrameClient.Framed(message), isLast);

    public Task CloseAsync() => client.SendAsync(streamId, ReadOnlyMemory<byte>.Empty, endStream: true);

    public Task CancelAsync()
    {
        IsCancelled = true;
        return client.ResetAsync(streamId);
    }

    /// <summary>The next message, without its prefix.</summary>
    public async Task<byte[]> NextMessageAsync()
    {
        while (_body.Count < PrefixBytes || _body.Count < PrefixBytes + Length)
        {
            var frame = await client.NextAsync(streamId);
            (frame.Type == FrameType.Data || (frame.Type == FrameType.Headers && !frame.EndsStream)).Should().BeTrue(
                "a message of {0} is to come, not {1}", method.FullName, new CallReply([frame]));
            _body.AddRange(frame.Type == FrameType.Data ? frame.Payload : []);
        }

        var message = _body.GetRange(PrefixBytes, Length).ToArray();
        _body.RemoveRange(0, PrefixBytes + message.Length);
        return message;
    }

    /// <summary>How the call ends, with no message before that: the status's name, and its message if it has one.</summary>
    public async Task<(string? Status, string? Message)> EndAsync()
    {
        _body.Should().BeEmpty("{0} has no more messages", method.FullName);
        var reply = await client.ReplyAsync(streamId);
        reply.Body.Should().BeEmpty("{0} has no more messages", method.FullName);
        reply.ResetCode.Should().BeNull();
        return (new Status((StatusCode)int.Parse(reply.Status!, System.Globalization.CultureInfo.InvariantCulture), "").Name, reply.Message);
    }

    private int Length => BinaryPrimitives.ReadInt32BigEndian(_body.GetRange(1, PrefixBytes - 1).ToArray());
}
