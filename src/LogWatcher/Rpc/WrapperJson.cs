using System.Text.Json;

namespace LogWatcher.Rpc;

/// <summary>A field of one of the wrappers of google/protobuf/wrappers.proto around a number or a bool: C# sees a nullable.</summary>
internal readonly struct NumberWrapperJson<TValue, TJson> : IValueJson<TValue?>
    where TValue : struct
    where TJson : struct, IValueJson<TValue>
{
    public TValue? Empty => null;

    public bool ReadsNull => false;

    public bool IsEmpty(TValue? value) => value is null;

    public TValue? Read(ref JsonInput reader) => default(TJson).Read(ref reader);

    public void Write(JsonOutput output, TValue? value) => default(TJson).Write(output, value.GetValueOrDefault());
}

/// <summary>The same around a string or bytes: C# sees a reference that may be null.</summary>
internal readonly struct TextWrapperJson<TValue, TJson> : IValueJson<TValue?>
    where TValue : class
    where TJson : struct, IValueJson<TValue>
{
    public TValue? Empty => null;

    public bool ReadsNull => false;

    public bool IsEmpty(TValue? value) => value is null;

    public TValue? Read(ref JsonInput reader) => default(TJson).Read(ref reader);

    public void Write(JsonOutput output, TValue? value) => default(TJson).Write(output, value!);
}
