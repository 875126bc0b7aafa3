using System.Text.Json;

namespace LogWatcher.Rpc;

/// <summary>
/// The JSON of one type of field. Implemented by structs, so that each field's code is compiled for its type, with no virtual call and
/// no boxing. Most are empty, and any one will do; those of enums and of messages hold their names or their plan, and must be made.
/// </summary>
internal interface IValueJson<TValue>
{
    /// <summary>The value of a field that is not set.</summary>
    TValue Empty { get; }

    /// <summary>Whether JSON's null is a value of this type, and not the absence of one.</summary>
    bool ReadsNull { get; }

    bool IsEmpty(TValue value);

    /// <param name="reader">Stands on the value's first token; afterwards on its last.</param>
    /// <exception cref="MessageFormatException">The value is none of this type.</exception>
    TValue Read(ref JsonInput reader);

    void Write(JsonOutput output, TValue value);
}

/// <summary>The JSON of a type that the key of a map may have: as a key it always is a string.</summary>
internal interface IKeyJson<TKey>
{
    /// <param name="reader">Stands on the property's name.</param>
    /// <exception cref="MessageFormatException">The name is no key of this type.</exception>
    TKey ReadKey(ref JsonInput reader);

    void WriteKey(JsonOutput output, TKey key);
}
