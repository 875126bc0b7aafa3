using System.Globalization;
using LogWatcher.Protos.Messenger;
using LogWatcher.Rpc;

namespace LogWatcher.Services;

/// <summary><c>messenger.LearningMessenger</c> (seed 004): answers as the seed's own server does, text for text.</summary>
internal sealed class LearningMessenger(Pace pace)
{
    private const double UpdateSeconds = 1;

    [Example("""{"user_id":"researcher-01"}""")]
    public Task<StatusResponse> GetLearningStatus(StatusRequest request, CallContext context) =>
        Task.FromResult(new StatusResponse { Message = "System ready for research. Status check OK.", Active = true });

    [Example("""{"topic":"gRPC Protocols"}""")]
    public async IAsyncEnumerable<LearningUpdate> StreamLearnings(TopicRequest request, CallContext context)
    {
        string[] updates =
        [
            $"Searching for research papers on {request.Topic}...",
            $"Analyzing core principles of {request.Topic}...",
            "Synthesizing key gRPC use cases...",
            "Finalizing the consolidated report.",
        ];
        for (var index = 0; index < updates.Length; index++)
        {
            await pace.WorkAsync(UpdateSeconds, context);
            yield return new LearningUpdate
            {
                Content = updates[index],
                Progress = (index + 1) * 100 / updates.Length,
                Timestamp = context.Time.GetLocalNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture),
            };
        }
    }

    [Example("""{"text":"Note 1: gRPC uses HTTP/2 Multiplexing"}""")]
    public async Task<SummaryResponse> SubmitResearchNotes(IAsyncEnumerable<ResearchNote> requests, CallContext context)
    {
        var count = 0;
        var takeaway = "None";
        await foreach (var note in requests)
        {
            count++;
            takeaway = note.Text;
        }

        return new SummaryResponse
        {
            Count = count,
            FinalSummary = string.Create(CultureInfo.InvariantCulture, $"Processed {count} notes. Key takeaway: {takeaway}"),
        };
    }

    [Example("""{"user":"Engineer","message":"Initializing system..."}""")]
    public async IAsyncEnumerable<FeedUpdate> CollaborativeFeed(IAsyncEnumerable<FeedUpdate> requests, CallContext context)
    {
        await foreach (var update in requests)
        {
            yield return new FeedUpdate { User = "System", Message = $"Acknowledged {update.User}'s update: {update.Message}" };
        }
    }
}
