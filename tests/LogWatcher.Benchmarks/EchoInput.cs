using System.Globalization;
using System.Text;

namespace LogWatcher.Benchmarks;

/// <summary>
/// The lines of a conversation with <c>Chat/BiDiChat</c>: streams are opened, messages go to one after the other, and each line is
/// answered with one. The messages are a block that is sent again and again, so that any number of them takes little memory.
/// </summary>
internal sealed class EchoInput
{
    private const int BlockMessages = 10_000;

    // Half of what one client may have open (README, --max-calls).
    private const int StreamsPerClient = 5_000;

    private readonly byte[] _opening;
    private readonly byte[] _block;
    private readonly byte[] _closing;
    private readonly long _blocks;

    /// <param name="streams">Open at once, of several clients if there are many.</param>
    /// <param name="messages">In all. Of more than <see cref="BlockMessages"/>, and of more than one for each stream, a multiple of both.</param>
    /// <param name="text">What each message says, behind its number.</param>
    /// <param name="closes">Whether the streams are closed at the end.</param>
    public EchoInput(int streams, long messages, string text = "", bool closes = false)
    {
        var block = (int)Math.Min(messages, Math.Max(BlockMessages / Math.Max(1, text.Length / 100), streams));
        _opening = Written(streams, (lines, stream) => lines.Append(
            CultureInfo.InvariantCulture,
            $"{{\"src\":\"c{stream / StreamsPerClient}\",\"dest\":\"n1\",\"body\":{{\"type\":\"grpc_bidi_stream_open\",\"msg_id\":{stream + 2},\"service\":\"Chat\",\"method\":\"BiDiChat\"}}}}\n"));
        _block = Written(block, (lines, message) => lines.Append(
            CultureInfo.InvariantCulture,
            $"{{\"src\":\"c{message % streams / StreamsPerClient}\",\"dest\":\"n1\",\"body\":{{\"type\":\"grpc_bidi_stream_send\",\"msg_id\":{streams + message + 2},\"stream_id\":\"s{(message % streams) + 1}\",\"data\":{{\"text\":\"hello {message}{text}\"}}}}}}\n"));
        _closing = Written(closes ? streams : 0, (lines, stream) => lines.Append(
            CultureInfo.InvariantCulture,
            $"{{\"src\":\"c{stream / StreamsPerClient}\",\"dest\":\"n1\",\"body\":{{\"type\":\"grpc_bidi_stream_close\",\"msg_id\":1,\"stream_id\":\"s{stream + 1}\"}}}}\n"));
        _blocks = messages / block;
        Messages = _blocks * block;
        OpeningAnswers = streams;
        Answers = Messages + (closes ? streams : 0);
    }

    /// <summary>Messages that are sent.</summary>
    public long Messages { get; }

    /// <summary>Lines that come back to what <see cref="WriteOpening"/> writes: one for each.</summary>
    public int OpeningAnswers { get; }

    /// <summary>Lines that come back to what <see cref="WriteTo"/> writes: one for each.</summary>
    public long Answers { get; }

    /// <summary>Bytes that <see cref="WriteTo"/> writes.</summary>
    public long Bytes => _closing.Length + (_block.Length * _blocks);

    /// <summary>Writes what opens the streams.</summary>
    public void WriteOpening(Stream stream)
    {
        stream.Write(_opening);
        stream.Flush();
    }

    /// <summary>Writes what comes behind that.</summary>
    /// <param name="pieceBytes">Each write has as much at most.</param>
    public void WriteTo(Stream stream, int pieceBytes = 1 << 16)
    {
        for (var block = 0L; block < _blocks; block++)
        {
            Write(_block);
        }

        Write(_closing);
        stream.Flush();

        void Write(byte[] bytes)
        {
            for (var start = 0; start < bytes.Length; start += pieceBytes)
            {
                stream.Write(bytes, start, Math.Min(pieceBytes, bytes.Length - start));
            }
        }
    }

    private static byte[] Written(int count, Action<StringBuilder, int> write)
    {
        var lines = new StringBuilder();
        for (var number = 0; number < count; number++)
        {
            write(lines, number);
        }

        return Encoding.UTF8.GetBytes(lines.ToString());
    }
}
