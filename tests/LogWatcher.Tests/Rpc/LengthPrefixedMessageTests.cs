using System.Buffers;
using System.IO.Compression;
using System.Text;
using Google.Protobuf;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;

namespace LogWatcher.Tests.Rpc;

public sealed class LengthPrefixedMessageTests
{
    public static TheoryData<string> Encodings => new("identity", "gzip", "deflate");

    [Theory]
    [InlineData("", "00 00000000")]
    [InlineData("hi", "00 00000004 0a026869")]
    public void An_uncompressed_message_is_its_length_and_its_bytes(string text, string hex)
    {
        var frame = Write(new ChatText { Text = text }, MessageEncoding.Identity);
        Convert.ToHexStringLower(frame).Should().Be(hex.Replace(" ", "", StringComparison.Ordinal));
        LengthPrefixedMessage.Parse(frame, MessageEncoding.Identity, ChatText.Parser).Text.Should().Be(text);
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void What_is_written_reads_back(string name)
    {
        var encoding = Encoded(name);
        encoding.Name().Should().Be(name);
        foreach (var text in new[] { "", "a", new string('x', 100_000), RandomText(100_000) })
        {
            var frame = Write(new ChatText { Text = text }, encoding);
            frame[0].Should().Be(encoding == MessageEncoding.Identity || text.Length == 0 ? (byte)0 : (byte)1);
            LengthPrefixedMessage.Parse(frame, encoding, ChatText.Parser).Text.Should().Be(text);
            var bytes = new ArrayBufferWriter<byte>();
            LengthPrefixedMessage.Write(bytes, new ChatText { Text = text }.ToByteArray(), encoding);
            bytes.WrittenSpan.SequenceEqual(frame).Should().BeTrue("a message in bytes is framed the same");
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public void Nothing_may_be_compressed_to_nothing(string name) =>
        LengthPrefixedMessage.Parse(Frame(1, []), Encoded(name), ChatText.Parser).Should().Be(new ChatText());

    [Fact]
    public void Deflate_is_the_zlib_format()
    {
        Write(new ChatText { Text = "a" }, MessageEncoding.Deflate)[LengthPrefixedMessage.HeaderBytes].Should().Be(0x78, "RFC 1950 begins so");
        using var stream = new MemoryStream();
        using (var zlib = new ZLibStream(stream, CompressionLevel.SmallestSize))
        {
            zlib.Write(new ChatText { Text = "abc" }.ToByteArray());
        }

        LengthPrefixedMessage.Parse(Frame(1, stream.ToArray()), MessageEncoding.Deflate, ChatText.Parser).Text.Should().Be("abc");
    }

    [Fact]
    public void An_uncompressed_message_is_read_whatever_the_call_names() =>
        LengthPrefixedMessage.Parse(Frame(0, [0x0a, 1, 0x61]), MessageEncoding.Gzip, ChatText.Parser).Text.Should().Be("a");

    [Theory]
    [InlineData("GZIP")]
    [InlineData("br")]
    [InlineData("")]
    [InlineData("gzip ")]
    public void Other_encodings_are_unknown(string name) => MessageEncodingNames.TryParse(name, out _).Should().BeFalse();

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Messages_are_read_whatever_the_split(string name)
    {
        var encoding = Encoded(name);
        byte[] stream =
        [
            .. Write(new ChatText { Text = "first" }, encoding),
            .. Write(new ChatText(), MessageEncoding.Identity),
            .. Write(new ChatText { Text = "last" }, encoding),
        ];
        for (var first = 0; first <= stream.Length; first++)
        {
            for (var second = first; second <= stream.Length; second++)
            {
                ReadAll(Split(stream, first, second), encoding).Should().Equal("first", "", "last");
            }
        }

        ReadAll(Split(stream, [.. Enumerable.Range(1, stream.Length - 1)]), encoding).Should().Equal("first", "", "last");
    }

    [Fact]
    public void Until_the_last_byte_there_is_no_message_and_the_buffer_stays_as_it_is()
    {
        var frame = Write(new ChatText { Text = "abc" }, MessageEncoding.Identity);
        for (var length = 0; length < frame.Length; length++)
        {
            var buffer = new ReadOnlySequence<byte>(frame, 0, length);
            LengthPrefixedMessage.TryRead(ref buffer, MessageEncoding.Identity, out _, out _).Should().BeFalse($"of {length} bytes");
            buffer.Length.Should().Be(length);
        }
    }

    [Fact]
    public void A_stream_may_end_only_between_messages()
    {
        LengthPrefixedMessage.ThrowIfCutOff(ReadOnlySequence<byte>.Empty);
        Refusal(() => LengthPrefixedMessage.ThrowIfCutOff(new ReadOnlySequence<byte>([0, 0])))
            .Should().Be("INTERNAL: the last message is cut off: it ends after 2 bytes, its 5-byte header included");
    }

    [Theory]
    [InlineData("", "identity", "INTERNAL: expected a length-prefixed message, of 5 bytes or more, got 0")]
    [InlineData("00000000", "identity", "INTERNAL: expected a length-prefixed message, of 5 bytes or more, got 4")]
    [InlineData("0000000001", "identity", "INTERNAL: expected one message of 1 bytes, as its header says, got 0 bytes behind the header")]
    [InlineData("000000000000", "identity", "INTERNAL: expected one message of 0 bytes, as its header says, got 1 bytes behind the header")]
    [InlineData("0200000000", "gzip", "INTERNAL: expected a compressed flag of 0 or 1, got 2")]
    [InlineData("ff00000000", "identity", "INTERNAL: expected a compressed flag of 0 or 1, got 255")]
    [InlineData("0100000000", "identity", "INTERNAL: got a compressed message (flag 1) on a call that names no compression")]
    [InlineData("010000000400000000", "gzip", "INTERNAL: a message is not gzip as its call says: *")]
    [InlineData("010000000400000000", "deflate", "INTERNAL: a message is not deflate as its call says: *")]
    [InlineData("0000400001", "identity", "RESOURCE_EXHAUSTED: a message of 4194305 bytes is over the limit of 4194304")]
    [InlineData("007fffffff", "identity", "RESOURCE_EXHAUSTED: a message of 2147483647 bytes is over the limit of 4194304")]
    [InlineData("0080000000", "identity", "RESOURCE_EXHAUSTED: a message of 2147483648 bytes is over the limit of 4194304")]
    [InlineData("01ffffffff", "gzip", "RESOURCE_EXHAUSTED: a message of 4294967295 bytes is over the limit of 4194304")]
    public void What_is_out_of_form_is_refused(string hex, string name, string expected)
    {
        var encoding = Encoded(name);
        var frame = Convert.FromHexString(hex);
        Refusal(() => LengthPrefixedMessage.Parse(frame, encoding, ChatText.Parser)).Should().Match(expected);
        if (hex.Length == 10 && !expected.Contains("behind the header", StringComparison.Ordinal))
        {
            Refusal(() => ReadAll(Split(frame, [1, 2, 3, 4]), encoding)).Should().Match(expected, "the same by the header alone, in pieces of one byte");
        }
    }

    [Fact]
    public void Bytes_that_are_no_such_message_are_the_callers_to_name()
    {
        var frame = Frame(0, [0x0a, 0xff]);
        FluentActions.Invoking(() => LengthPrefixedMessage.Parse(frame, MessageEncoding.Identity, ChatText.Parser)).Should().Throw<InvalidProtocolBufferException>();
        FluentActions.Invoking(() => ReadAll(Split(frame, 6), MessageEncoding.Identity)).Should().Throw<InvalidProtocolBufferException>();
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public void Compressed_bytes_cut_anywhere_or_changed_anywhere_are_refused_or_the_same(string name)
    {
        var encoding = Encoded(name);
        var message = new ChatText { Text = RandomText(60) };
        var payload = Write(message, encoding)[LengthPrefixedMessage.HeaderBytes..];
        for (var length = 1; length < payload.Length; length++)
        {
            var cut = Frame(1, payload[..length]);
            Refusal(() => LengthPrefixedMessage.Parse(cut, encoding, ChatText.Parser)).Should().StartWith("INTERNAL: ", $"{length} of {payload.Length} bytes");
        }

        Refusal(() => LengthPrefixedMessage.Parse(Frame(1, [.. payload, 0]), encoding, ChatText.Parser)).Should().StartWith("INTERNAL: ");
        for (var place = 0; place < payload.Length; place++)
        {
            var changed = Frame(1, payload);
            changed[LengthPrefixedMessage.HeaderBytes + place] ^= 0x11;
            try
            {
                // Some bytes of gzip's header mean nothing.
                LengthPrefixedMessage.Parse(changed, encoding, ChatText.Parser).Should().Be(message, $"byte {place} was changed");
            }
            catch (RpcException e)
            {
                e.Status.Code.Should().Be(StatusCode.Internal);
            }
        }
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public void The_limit_holds_to_the_byte_on_both_sides(string name)
    {
        var encoding = Encoded(name);
        // ChatText puts a tag and three bytes of length before its text.
        var atLimit = new ChatText { Text = new string('x', 99_996) };
        var over = new ChatText { Text = new string('x', 99_997) };
        atLimit.CalculateSize().Should().Be(100_000);
        LengthPrefixedMessage.Parse(Write(atLimit, encoding, 100_000), encoding, ChatText.Parser, 100_000).Should().Be(atLimit);
        Refusal(() => LengthPrefixedMessage.Parse(Write(over, encoding), encoding, ChatText.Parser, 100_000)).Should().StartWith("RESOURCE_EXHAUSTED: a message ");
        Refusal(() => Write(over, encoding, 100_000)).Should().Be("RESOURCE_EXHAUSTED: a message of 100001 bytes is over the limit of 100000");
    }

    [Fact]
    public void A_message_over_the_limit_leaves_nothing_behind()
    {
        var output = new ArrayBufferWriter<byte>();
        Refusal(() => LengthPrefixedMessage.Write(output, new ChatText { Text = "too long" }, MessageEncoding.Identity, maxMessageBytes: 3));
        Refusal(() => LengthPrefixedMessage.Write(output, "too long"u8.ToArray(), MessageEncoding.Gzip, maxMessageBytes: 3));
        output.WrittenCount.Should().Be(0);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public void A_bomb_is_not_inflated_past_the_limit(string name)
    {
        var encoding = Encoded(name);
        // A quarter of a gigabyte of zeros in a quarter of a megabyte.
        const int BombBytes = 256 * 1024 * 1024;
        using var compressed = new MemoryStream();
        using (Stream deflater = encoding == MessageEncoding.Gzip
            ? new GZipStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true)
            : new ZLibStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var zeros = new byte[1024 * 1024];
            for (var written = 0; written < BombBytes; written += zeros.Length)
            {
                deflater.Write(zeros);
            }
        }

        var bomb = Frame(1, compressed.ToArray());
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refusal(() => LengthPrefixedMessage.Parse(bomb, encoding, ChatText.Parser)).Should().Be("RESOURCE_EXHAUSTED: a message is over the limit of 4194304 bytes once decompressed");
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(32 * 1024 * 1024);
    }

    private static MessageEncoding Encoded(string name)
    {
        MessageEncodingNames.TryParse(name, out var encoding).Should().BeTrue();
        return encoding;
    }

    private static byte[] Write(IMessage message, MessageEncoding encoding, int maxMessageBytes = LengthPrefixedMessage.MaxMessageBytes)
    {
        var output = new ArrayBufferWriter<byte>();
        LengthPrefixedMessage.Write(output, message, encoding, maxMessageBytes);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Frame(byte flag, byte[] payload) =>
        [flag, (byte)(payload.Length >> 24), (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, .. payload];

    private static List<string> ReadAll(ReadOnlySequence<byte> buffer, MessageEncoding encoding)
    {
        var texts = new List<string>();
        while (LengthPrefixedMessage.TryRead(ref buffer, encoding, out var payload, out var isCompressed))
        {
            texts.Add(LengthPrefixedMessage.Parse(payload, isCompressed, encoding, ChatText.Parser).Text);
        }

        LengthPrefixedMessage.ThrowIfCutOff(buffer);
        return texts;
    }

    private static ReadOnlySequence<byte> Split(byte[] bytes, params int[] places)
    {
        var first = new Segment(bytes.AsMemory(0, places[0]), null);
        var last = first;
        for (var i = 0; i < places.Length; i++)
        {
            last = new Segment(bytes.AsMemory(places[i]..(i + 1 < places.Length ? places[i + 1] : bytes.Length)), last);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private static string RandomText(int length)
    {
        var random = new Random(1);
        return new StringBuilder().Append([.. Enumerable.Range(0, length).Select(_ => (char)random.Next('!', '~'))]).ToString();
    }

    private static string Refusal(Action action)
    {
        var status = FluentActions.Invoking(action).Should().Throw<RpcException>().Which.Status;
        return $"{status.Name}: {status.Message}";
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
