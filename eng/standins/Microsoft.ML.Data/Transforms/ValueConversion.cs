using System.Globalization;
using System.Numerics;

namespace Microsoft.ML.Data;

/// <summary>The standard conversions between primitive types.</summary>
/// <remarks>
/// Numbers convert to the floating-point types, whole numbers to wider ones of the same sign, numbers to truth values, truth values to signed
/// and floating-point numbers, all of them to text, text to all of them, and keys to keys of another raw type. Text that is no value of the
/// type becomes NaN or the type's default.
/// </remarks>
internal static class ValueConversion
{
    private static readonly Type[] Signed = [typeof(sbyte), typeof(short), typeof(int), typeof(long)];
    private static readonly Type[] Unsigned = [typeof(byte), typeof(ushort), typeof(uint), typeof(ulong)];
    private static readonly Type[] Floating = [typeof(float), typeof(double)];

    /// <summary>The standard type of a kind.</summary>
    public static PrimitiveDataViewType TypeOf(DataKind kind) => kind switch
    {
        DataKind.SByte => NumberDataViewType.SByte,
        DataKind.Byte => NumberDataViewType.Byte,
        DataKind.Int16 => NumberDataViewType.Int16,
        DataKind.UInt16 => NumberDataViewType.UInt16,
        DataKind.Int32 => NumberDataViewType.Int32,
        DataKind.UInt32 => NumberDataViewType.UInt32,
        DataKind.Int64 => NumberDataViewType.Int64,
        DataKind.UInt64 => NumberDataViewType.UInt64,
        DataKind.Single => NumberDataViewType.Single,
        DataKind.Double => NumberDataViewType.Double,
        DataKind.String => TextDataViewType.Instance,
        DataKind.Boolean => BooleanDataViewType.Instance,
        DataKind.TimeSpan => TimeSpanDataViewType.Instance,
        DataKind.DateTime => DateTimeDataViewType.Instance,
        _ => DateTimeOffsetDataViewType.Instance,
    };

    /// <summary>The conversion, a <c>Func&lt;TSource, TTarget&gt;</c> of the raw types, or null if there is none.</summary>
    public static Delegate MakeOrNull(PrimitiveDataViewType source, PrimitiveDataViewType target)
    {
        if (source is KeyDataViewType || target is KeyDataViewType)
            return source is KeyDataViewType && target is KeyDataViewType key ? Make(nameof(ConvertKey), source, target, key.Count) : null;
        if (source.Equals(target))
            return Make(nameof(Keep), source);
        if (source is TextDataViewType)
            return target is RowIdDataViewType ? null : Make(nameof(ParserOf), target);
        if (target is TextDataViewType)
            return source is RowIdDataViewType ? null : Make(nameof(FormatterOf), source);
        if (source is NumberDataViewType && target is NumberDataViewType)
            return Widens(source.RawType, target.RawType) ? Make(nameof(ConvertNumber), source, target) : null;
        if (source is NumberDataViewType && target is BooleanDataViewType)
            return Make(nameof(NumberToTruth), source);
        if (source is BooleanDataViewType && target is NumberDataViewType && !Unsigned.Contains(target.RawType))
            return Make(nameof(TruthToNumber), target);
        return null;
    }

    /// <summary>The value that a text stands for.</summary>
    public static Func<ReadOnlyMemory<char>, T> ParserOf<T>() => (Func<ReadOnlyMemory<char>, T>)(Delegate)(Type.GetTypeCode(typeof(T)) switch
    {
        TypeCode.Single => (Func<ReadOnlyMemory<char>, float>)(text => ParseFloating(text.Span, float.NaN, float.TryParse)),
        TypeCode.Double => (Func<ReadOnlyMemory<char>, double>)(text => ParseFloating(text.Span, double.NaN, double.TryParse)),
        TypeCode.Boolean => (Func<ReadOnlyMemory<char>, bool>)(text => ParseTruth(text.Span)),
        TypeCode.DateTime => (Func<ReadOnlyMemory<char>, DateTime>)(text =>
            DateTime.TryParse(text.Span, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime value) ? value : default),
        _ when typeof(T) == typeof(ReadOnlyMemory<char>) => (Func<ReadOnlyMemory<char>, ReadOnlyMemory<char>>)(text => text),
        _ when typeof(T) == typeof(TimeSpan) => (Func<ReadOnlyMemory<char>, TimeSpan>)(text =>
            TimeSpan.TryParse(text.Span, CultureInfo.InvariantCulture, out TimeSpan value) ? value : default),
        _ when typeof(T) == typeof(DateTimeOffset) => (Func<ReadOnlyMemory<char>, DateTimeOffset>)(text =>
            DateTimeOffset.TryParse(text.Span, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset value) ? value : default),
        _ => (Delegate)Generic.Method(typeof(ValueConversion), nameof(WholeParserOf), typeof(T)).Invoke(null),
    });

    private delegate bool TryParse<T>(ReadOnlySpan<char> text, NumberStyles styles, IFormatProvider provider, out T value);

    // Empty text is zero and a question mark is missing.
    private static T ParseFloating<T>(ReadOnlySpan<char> text, T missing, TryParse<T> tryParse)
    {
        ReadOnlySpan<char> trimmed = text.Trim();
        if (trimmed.IsEmpty)
            return default;
        return tryParse(trimmed, NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out T value) ? value : missing;
    }

    private static Func<ReadOnlyMemory<char>, T> WholeParserOf<T>()
        where T : IBinaryInteger<T> =>
        text => T.TryParse(text.Span.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T value) ? value : T.Zero;

    private static bool ParseTruth(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> trimmed = text.Trim();
        foreach (string word in (ReadOnlySpan<string>)["true", "yes", "t", "y", "1", "+1", "+"])
        {
            if (trimmed.Equals(word, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    private static bool Widens(Type source, Type target)
    {
        if (Floating.Contains(target))
            return true;
        foreach (Type[] family in new[] { Signed, Unsigned })
        {
            if (Array.IndexOf(family, source) is >= 0 and var from && Array.IndexOf(family, target) is var to && to >= from)
                return true;
        }
        return false;
    }

    private static Delegate Make(string name, PrimitiveDataViewType type) =>
        (Delegate)Generic.Method(typeof(ValueConversion), name, type.RawType).Invoke(null);

    private static Delegate Make(string name, PrimitiveDataViewType source, PrimitiveDataViewType target, params object[] arguments) =>
        (Delegate)Generic.Method(typeof(ValueConversion), name, source.RawType, target.RawType).Invoke(null, arguments);

    private static Func<T, T> Keep<T>() => value => value;

    private static Func<T, ReadOnlyMemory<char>> FormatterOf<T>() => value => Convert.ToString(value, CultureInfo.InvariantCulture).AsMemory();

    private static Func<TSource, TTarget> ConvertNumber<TSource, TTarget>()
        where TSource : INumberBase<TSource>
        where TTarget : INumberBase<TTarget> => TTarget.CreateTruncating;

    private static Func<T, bool> NumberToTruth<T>()
        where T : INumberBase<T> => value => !T.IsZero(value) && !T.IsNaN(value);

    private static Func<bool, T> TruthToNumber<T>()
        where T : INumberBase<T> => value => value ? T.One : T.Zero;

    // A key beyond the target's count is missing there.
    private static Func<TSource, TTarget> ConvertKey<TSource, TTarget>(ulong count)
        where TSource : IBinaryInteger<TSource>
        where TTarget : IBinaryInteger<TTarget> =>
        value => ulong.CreateTruncating(value) <= count ? TTarget.CreateTruncating(value) : TTarget.Zero;
}
