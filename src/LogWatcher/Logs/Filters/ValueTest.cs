using System.Text;
using LogWatcher.Logs.Filters.Patterns;

namespace LogWatcher.Logs.Filters;

/// <summary>What a comparison asks of a value's text, which is UTF-8. Immutable; any number of threads may share one.</summary>
internal abstract class ValueTest
{
    public abstract bool Holds(ReadOnlySpan<byte> value);

    /// <summary>What the line must hold for the value to pass; null if that can't be said.</summary>
    public virtual RawTest? Required(FieldPath path) => null;
}

/// <summary>Text in the order of its code points, case and all: UTF-8 keeps that order in its bytes.</summary>
internal sealed class TextOrder(Comparison comparison, string text) : ValueTest
{
    private readonly byte[] _utf8 = Encoding.UTF8.GetBytes(text);

    public override bool Holds(ReadOnlySpan<byte> value) => comparison == Comparison.Equal
        ? value.SequenceEqual(_utf8)
        : comparison.Accepts(value.SequenceCompareTo(_utf8));

    public override RawTest? Required(FieldPath path) =>
        comparison == Comparison.Equal ? RawLiteral.OfField(path, Encoding.UTF8.GetString(_utf8)) : null;
}

/// <summary>
/// A value of a kind, compared as such with values of its kind. With any other text it is equal if it is the same text,
/// and neither before nor behind it.
/// </summary>
internal sealed class KindOrder<T>(Comparison comparison, string text, T operand, KindOrder<T>.Reader tryParse) : ValueTest
    where T : struct, IComparable<T>
{
    private readonly byte[] _utf8 = Encoding.UTF8.GetBytes(text);

    public delegate bool Reader(ReadOnlySpan<byte> text, out T value);

    public override bool Holds(ReadOnlySpan<byte> value) => tryParse(value, out var read)
        ? comparison.Accepts(read.CompareTo(operand))
        : comparison == Comparison.Equal && value.SequenceEqual(_utf8);

    public override RawTest? Required(FieldPath path) =>
        comparison == Comparison.Equal && operand is Number number ? NumberDigits(path, number) : null;

    /// <summary>
    /// However a number is written, <c>503</c> or <c>5.03e2</c>, its digits stand there in a row but for one point. (Text
    /// that is no number is only equal if it is the same, and then it is one.)
    /// </summary>
    private static RawTest? NumberDigits(FieldPath path, Number number)
    {
        // One digit is in nearly every line, and so many places for a point are not worth their searches.
        var digits = number.SignificantDigits;
        if (digits.Length is < 2 or > 20)
        {
            return null;
        }

        // Of long numbers one half is whole wherever the point stands.
        if (digits.Length > 4)
        {
            var half = digits.Length / 2;
            return RawTest.Any([RawLiteral.OfField(path, digits[..half]), RawLiteral.OfField(path, digits[half..])]);
        }

        return RawTest.Any(
            Enumerable.Range(1, digits.Length).Select(point => RawLiteral.OfField(path, digits.Insert(point, ".").TrimEnd('.'))).ToArray());
    }
}

/// <summary>The value holds a phrase, in whatever case.</summary>
internal sealed class PhraseInValue(Phrase phrase) : ValueTest
{
    public override bool Holds(ReadOnlySpan<byte> value) => phrase.IsIn(value);

    public override RawTest? Required(FieldPath path) => RawLiteral.OfField(path, phrase.Text);
}

internal sealed class PatternInValue(Pattern pattern) : ValueTest
{
    public override bool Holds(ReadOnlySpan<byte> value) => pattern.IsMatch(value);

    public override RawTest? Required(FieldPath path) => RawLiteral.OfField(path, pattern.RequiredText);
}

/// <summary>The value is one of a list's.</summary>
internal sealed class AnyValue(ValueTest[] values) : ValueTest
{
    public override bool Holds(ReadOnlySpan<byte> value)
    {
        foreach (var test in values)
        {
            if (test.Holds(value))
            {
                return true;
            }
        }

        return false;
    }

    public override RawTest? Required(FieldPath path) => RawTest.Any(Array.ConvertAll(values, test => test.Required(path)));
}
