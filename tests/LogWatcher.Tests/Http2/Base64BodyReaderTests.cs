using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using LogWatcher.Http2;

namespace LogWatcher.Tests.Http2;

/// <summary>The base64 of a gRPC-Web text body, read piece by piece.</summary>
public sealed class Base64BodyReaderTests
{
    [Theory]
    [InlineData("")]
    [InlineData("aGVs")]
    [InlineData("aGVsbG")]
    [InlineData("aGVsbG8s")]
    public async Task A_read_that_is_canceled_loses_nothing_of_the_body(string before)
    {
        var body = new Pipe();
        var reader = new Base64BodyReader(body.Reader);
        await body.Writer.WriteAsync(Encoding.ASCII.GetBytes(before));
        if (before.Length > 0)
        {
            var first = await reader.ReadAsync();
            reader.AdvanceTo(first.Buffer.Start, first.Buffer.End);
        }

        var waiting = reader.ReadAsync();
        reader.CancelPendingRead();
        var canceled = await waiting;
        canceled.IsCanceled.Should().BeTrue();
        reader.AdvanceTo(canceled.Buffer.Start, canceled.Buffer.Start);

        await body.Writer.WriteAsync(Encoding.ASCII.GetBytes("aGVsbG8sIHdvcmxk"[before.Length..]));
        await body.Writer.CompleteAsync();
        (await ReadToEndAsync(reader)).Should().Be("hello, world");
    }

    private static async Task<string> ReadToEndAsync(PipeReader reader)
    {
        while (true)
        {
            var read = await reader.ReadAsync();
            if (read.IsCompleted)
            {
                return Encoding.ASCII.GetString(read.Buffer.ToArray());
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
