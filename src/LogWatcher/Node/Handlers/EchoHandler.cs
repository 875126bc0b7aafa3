using System.Text.Json;
using LogWatcher.Rpc;

namespace LogWatcher.Node.Handlers;

/// <summary><c>echo {echo}</c> → <c>echo_ok {echo}</c>, any JSON: Maelstrom's own echo workload.</summary>
internal sealed class EchoHandler(CallEnvironment environment) : ILineHandler
{
    public void Handle(in Envelope envelope)
    {
        if (!envelope[EnvelopeKey.Echo].IsGiven)
        {
            throw envelope.Wrong(EnvelopeKey.Echo, "any JSON value");
        }

        if (envelope.MsgIdOrNull is not { } msgId)
        {
            return;
        }

        using var line = environment.Writer.Begin();
        ReplyHead.Write(line.Output, environment, envelope, "echo_ok"u8, msgId);
        line.Output.WriteRaw(", \"echo\": "u8);
        var reader = new JsonInput(envelope.Raw(EnvelopeKey.Echo));
        JsonRespacer.Write(ref reader, line.Output);
        line.Commit();
    }
}
