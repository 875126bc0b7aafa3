namespace LogWatcher.Rpc;

/// <summary>The JSON of a map's values or keys, of whatever type they are.</summary>
internal abstract class BoxedJson
{
    /// <inheritdoc cref="IValueJson{TValue}.Read"/>
    public abstract object Read(ref JsonInput reader);

    public abstract void Write(JsonOutput output, object value);

    /// <inheritdoc cref="IKeyJson{TKey}.ReadKey"/>
    public abstract object ReadKey(ref JsonInput reader);

    public abstract void WriteKey(JsonOutput output, object key);
}

/// <inheritdoc/>
internal sealed class BoxedJson<TValue, TJson>(TJson json) : BoxedJson
    where TJson : struct, IValueJson<TValue>
{
    // Null where no key of a map is of this type.
    private readonly IKeyJson<TValue>? _key = json as IKeyJson<TValue>;

    public override object Read(ref JsonInput reader) => json.Read(ref reader)!;

    public override void Write(JsonOutput output, object value) => json.Write(output, (TValue)value);

    public override object ReadKey(ref JsonInput reader) => _key!.ReadKey(ref reader)!;

    public override void WriteKey(JsonOutput output, object key) => _key!.WriteKey(output, (TValue)key);
}
