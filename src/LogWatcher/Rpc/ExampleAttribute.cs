namespace LogWatcher.Rpc;

/// <summary>Says, on a handler, what a first request may look like; <c>logwatcher services</c> shows it.</summary>
/// <param name="request">The request message in JSON, on one line.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ExampleAttribute(string request) : Attribute
{
    public string Request => request;
}
