using LogWatcher.Node;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Node;

/// <summary>When lines go out that somebody writes who may have more: none waits for the next for ever.</summary>
public sealed class EnvelopeWriterTests : IDisposable
{
    private readonly LineSink _sink = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly EnvelopeWriter _writer;
    private int _pieces;

    public EnvelopeWriterTests()
    {
        _sink.BeforeWrite = () => Interlocked.Increment(ref _pieces);
        _writer = new EnvelopeWriter(_sink, TimeProvider.System);
        _writer.Start(_finished.SetResult);
    }

    public void Dispose()
    {
        _sink.Unblock();
        _writer.Complete();
        _sink.Dispose();
    }

    /// <summary>The first is not held back; those that come while it is written go out in one piece, without another word.</summary>
    [Fact]
    public async Task Lines_with_more_behind_them_gather_and_go_out()
    {
        _sink.Block();
        Write("0", hasMore: true);
        await _sink.HeldAsync();
        for (var line = 1; line < 10; line++)
        {
            Write($"{line}", hasMore: true);
        }

        _sink.Unblock();
        await ShouldHaveWrittenAsync(10);
        _pieces.Should().Be(2);
    }

    [Fact]
    public async Task Nobody_says_that_there_is_no_more()
    {
        for (var line = 0; line < 100; line++)
        {
            Write("a", hasMore: true);
            await ShouldHaveWrittenAsync(1);
        }
    }

    [Fact]
    public async Task What_gathers_is_written_before_the_end()
    {
        _sink.Block();
        Write("0", hasMore: true);
        await _sink.HeldAsync();
        Write("1", hasMore: true);
        _writer.Complete();
        Write("late", hasMore: true);
        _sink.Unblock();
        await ShouldHaveWrittenAsync(2);
        await _finished.Task.WaitAsync(RunningNode.Patience);
        _sink.Lines.TryRead(out _).Should().BeFalse();
    }

    private void Write(string type, bool hasMore)
    {
        using var line = _writer.Begin();
        NodeIdentity.WriteHead(line.Output, "n1"u8, "c1"u8);
        line.Output.WriteRaw(System.Text.Encoding.UTF8.GetBytes($"{type}\""));
        line.Commit(hasMore);
    }

    private async Task ShouldHaveWrittenAsync(int lines)
    {
        using var patience = new CancellationTokenSource(RunningNode.Patience);
        for (var line = 0; line < lines; line++)
        {
            (await _sink.Lines.ReadAsync(patience.Token)).Should().StartWith("{\"src\": \"n1\", ");
        }
    }
}
