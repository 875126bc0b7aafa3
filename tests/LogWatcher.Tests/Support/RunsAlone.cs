namespace LogWatcher.Tests.Support;

/// <summary>Tests that measure the process as a whole, its memory say: no other runs beside them.</summary>
[CollectionDefinition(nameof(RunsAlone), DisableParallelization = true)]
public sealed class RunsAlone;
