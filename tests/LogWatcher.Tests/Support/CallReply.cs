using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;

namespace LogWatcher.Tests.Support;

/// <summary>What a server sent on one stream, frame by frame.</summary>
internal sealed record CallReply(IReadOnlyList<Frame> Frames)
{
    /// <summary>The first block of headers.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers => HeaderFrames.First().Headers;

    /// <summary>The last block, which ends the stream: the same as the first in a reply of headers alone.</summary>
    public IReadOnlyList<(string Name, string Value)> Trailers => HeaderFrames.Last().Headers;

    /// <summary>Whether all there is is one block of headers that ends the stream.</summary>
    public bool IsTrailersOnly => Frames is [{ Type: FrameType.Headers, EndsStream: true }];

    /// <summary>The error code of a reset that came in place of the end; null: there was an end.</summary>
    public int? ResetCode => Frames[^1] is { Type: FrameType.Reset } reset ? reset.ErrorCode : null;

    public byte[] Body => [.. Frames.Where(frame => frame.Type == FrameType.Data).SelectMany(frame => frame.Payload)];

    public string HttpStatus => Value(Headers, ":status")!;

    public string? Status => Value(Trailers, "grpc-status");

    public string? Message => Value(Trailers, "grpc-message") is { } encoded ? Uri.UnescapeDataString(encoded) : null;

    private IEnumerable<Frame> HeaderFrames => Frames.Where(frame => frame.Type == FrameType.Headers);

    /// <summary>The messages of the body with their flags.</summary>
    public List<(byte Flag, byte[] Payload)> Framed => SplitBody(Body);

    /// <summary>The messages of a body with their flags.</summary>
    public static List<(byte Flag, byte[] Payload)> SplitBody(byte[] body)
    {
        var messages = new List<(byte, byte[])>();
        for (var rest = body.AsSpan(); !rest.IsEmpty;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(rest[1..]);
            messages.Add((rest[0], rest.Slice(5, length).ToArray()));
            rest = rest[(5 + length)..];
        }

        return messages;
    }

    /// <summary>The one value of a field; null: it is not there.</summary>
    public static string? Value(IEnumerable<(string Name, string Value)> fields, string name) =>
        fields.Where(field => field.Name == name).Select(field => field.Value).SingleOrDefault();

    public static IEnumerable<string> Values(IEnumerable<(string Name, string Value)> fields, string name) =>
        fields.Where(field => field.Name == name).Select(field => field.Value);

    /// <summary>The messages of a body that are not compressed.</summary>
    public List<T> Messages<T>(MessageParser<T> parser)
        where T : IMessage<T> => [.. Framed.Select(message => parser.ParseFrom(message.Payload))];

    public override string ToString() =>
        string.Join("; ", Frames.Select(frame => frame.Type switch
        {
            FrameType.Headers => $"HEADERS {string.Join(", ", frame.Headers.Select(field => $"{field.Name}: {field.Value}"))}{(frame.EndsStream ? " END" : "")}",
            FrameType.Data => $"DATA {Encoding.UTF8.GetString(frame.Payload)}{(frame.EndsStream ? " END" : "")}",
            _ => $"{frame.Type} {Convert.ToHexString(frame.Payload)}",
        }));
}
