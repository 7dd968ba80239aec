namespace Microsoft.ML.Runtime;

internal static partial class Contracts
{
    /// <summary>An InvalidOperationException.</summary>
    public static Exception Except() => Process(new InvalidOperationException());

    /// <inheritdoc cref="Except()"/>
    public static Exception Except(this IExceptionContext ctx) => Process(new InvalidOperationException(), ctx);

    /// <inheritdoc cref="Except()"/>
    public static Exception Except(string msg) => Process(new InvalidOperationException(msg));

    /// <inheritdoc cref="Except()"/>
    public static Exception Except(this IExceptionContext ctx, string msg) => Process(new InvalidOperationException(msg), ctx);

    /// <inheritdoc cref="Except()"/>
    public static Exception Except(string msg, params object[] args) => Except(Format(msg, args));

    /// <inheritdoc cref="Except()"/>
    public static Exception Except(this IExceptionContext ctx, string msg, params object[] args) => Except(ctx, Format(msg, args));

    /// <inheritdoc cref="Except()"/>
    public static Exception Except(Exception inner, string msg) => Process(new InvalidOperationException(msg, inner));

    /// <inheritdoc cref="Except()"/>
    public static Exception Except(this IExceptionContext ctx, Exception inner, string msg) => Process(new InvalidOperationException(msg, inner), ctx);

    /// <inheritdoc cref="Except()"/>
    public static Exception Except(Exception inner, string msg, params object[] args) => Except(inner, Format(msg, args));

    /// <inheritdoc cref="Except()"/>
    public static Exception Except(this IExceptionContext ctx, Exception inner, string msg, params object[] args) => Except(ctx, inner, Format(msg, args));

    /// <summary>An ArgumentOutOfRangeException for a setting of the user's.</summary>
    public static Exception ExceptUserArg(string name) => Process(new ArgumentOutOfRangeException(name));

    /// <inheritdoc cref="ExceptUserArg(string)"/>
    public static Exception ExceptUserArg(this IExceptionContext ctx, string name) => Process(new ArgumentOutOfRangeException(name), ctx);

    /// <inheritdoc cref="ExceptUserArg(string)"/>
    public static Exception ExceptUserArg(string name, string msg) => Process(new ArgumentOutOfRangeException(name, msg));

    /// <inheritdoc cref="ExceptUserArg(string)"/>
    public static Exception ExceptUserArg(this IExceptionContext ctx, string name, string msg) => Process(new ArgumentOutOfRangeException(name, msg), ctx);

    /// <inheritdoc cref="ExceptUserArg(string)"/>
    public static Exception ExceptUserArg(string name, string msg, params object[] args) => ExceptUserArg(name, Format(msg, args));

    /// <inheritdoc cref="ExceptUserArg(string)"/>
    public static Exception ExceptUserArg(this IExceptionContext ctx, string name, string msg, params object[] args) =>
        ExceptUserArg(ctx, name, Format(msg, args));

    /// <summary>An ArgumentOutOfRangeException for a parameter.</summary>
    public static Exception ExceptParam(string paramName) => Process(new ArgumentOutOfRangeException(paramName));

    /// <inheritdoc cref="ExceptParam(string)"/>
    public static Exception ExceptParam(this IExceptionContext ctx, string paramName) => Process(new ArgumentOutOfRangeException(paramName), ctx);

    /// <inheritdoc cref="ExceptParam(string)"/>
    public static Exception ExceptParam(string paramName, string msg) => Process(new ArgumentOutOfRangeException(paramName, msg));

    /// <inheritdoc cref="ExceptParam(string)"/>
    public static Exception ExceptParam(this IExceptionContext ctx, string paramName, string msg) =>
        Process(new ArgumentOutOfRangeException(paramName, msg), ctx);

    /// <inheritdoc cref="ExceptParam(string)"/>
    public static Exception ExceptParam(string paramName, string msg, params object[] args) => ExceptParam(paramName, Format(msg, args));

    /// <inheritdoc cref="ExceptParam(string)"/>
    public static Exception ExceptParam(this IExceptionContext ctx, string paramName, string msg, params object[] args) =>
        ExceptParam(ctx, paramName, Format(msg, args));

    /// <summary>An ArgumentOutOfRangeException for a column that an input schema lacks.</summary>
    public static Exception ExceptSchemaMismatch(string paramName, string columnRole, string columnName) =>
        ExceptSchemaMismatch(null, paramName, columnRole, columnName);

    /// <inheritdoc cref="ExceptSchemaMismatch(string,string,string)"/>
    public static Exception ExceptSchemaMismatch(this IExceptionContext ctx, string paramName, string columnRole, string columnName) =>
        Process(new ArgumentOutOfRangeException(paramName, $"Could not find {columnRole} column '{columnName}'"), ctx);

    /// <summary>An ArgumentOutOfRangeException for a column of the wrong type.</summary>
    public static Exception ExceptSchemaMismatch(string paramName, string columnRole, string columnName, string expectedType, string actualType) =>
        ExceptSchemaMismatch(null, paramName, columnRole, columnName, expectedType, actualType);

    /// <inheritdoc cref="ExceptSchemaMismatch(string,string,string,string,string)"/>
    public static Exception ExceptSchemaMismatch(
        this IExceptionContext ctx, string paramName, string columnRole, string columnName, string expectedType, string actualType) =>
        Process(
            new ArgumentOutOfRangeException(
                paramName, $"Schema mismatch for {columnRole} column '{columnName}': expected {expectedType}, got {actualType}"),
            ctx);

    /// <summary>An ArgumentNullException.</summary>
    public static Exception ExceptValue(string paramName) => Process(new ArgumentNullException(paramName));

    /// <inheritdoc cref="ExceptValue(string)"/>
    public static Exception ExceptValue(this IExceptionContext ctx, string paramName) => Process(new ArgumentNullException(paramName), ctx);

    /// <inheritdoc cref="ExceptValue(string)"/>
    public static Exception ExceptValue(string paramName, string msg) => Process(new ArgumentNullException(paramName, msg));

    /// <inheritdoc cref="ExceptValue(string)"/>
    public static Exception ExceptValue(this IExceptionContext ctx, string paramName, string msg) => Process(new ArgumentNullException(paramName, msg), ctx);

    /// <summary>An ArgumentOutOfRangeException for an empty value.</summary>
    public static Exception ExceptEmpty(string paramName) => ExceptEmpty(paramName, $"{paramName} cannot be empty");

    /// <inheritdoc cref="ExceptEmpty(string)"/>
    public static Exception ExceptEmpty(this IExceptionContext ctx, string paramName) => ExceptEmpty(ctx, paramName, $"{paramName} cannot be empty");

    /// <inheritdoc cref="ExceptEmpty(string)"/>
    public static Exception ExceptEmpty(string paramName, string msg) => Process(new ArgumentOutOfRangeException(paramName, msg));

    /// <inheritdoc cref="ExceptEmpty(string)"/>
    public static Exception ExceptEmpty(this IExceptionContext ctx, string paramName, string msg) =>
        Process(new ArgumentOutOfRangeException(paramName, msg), ctx);

    /// <summary>An ArgumentOutOfRangeException for a blank text.</summary>
    public static Exception ExceptWhiteSpace(string paramName) => ExceptEmpty(paramName, $"{paramName} cannot be blank");

    /// <inheritdoc cref="ExceptWhiteSpace(string)"/>
    public static Exception ExceptWhiteSpace(this IExceptionContext ctx, string paramName) => ExceptEmpty(ctx, paramName, $"{paramName} cannot be blank");

    /// <summary>A FormatException for data that cannot be read.</summary>
    public static Exception ExceptDecode() => ExceptDecode("The data is corrupt.");

    /// <inheritdoc cref="ExceptDecode()"/>
    public static Exception ExceptDecode(string msg) => Process(new FormatException(msg));

    /// <inheritdoc cref="ExceptDecode()"/>
    public static Exception ExceptDecode(this IExceptionContext ctx, string msg) => Process(new FormatException(msg), ctx);

    /// <inheritdoc cref="ExceptDecode()"/>
    public static Exception ExceptDecode(string msg, params object[] args) => ExceptDecode(Format(msg, args));

    /// <inheritdoc cref="ExceptDecode()"/>
    public static Exception ExceptDecode(this IExceptionContext ctx, string msg, params object[] args) => ExceptDecode(ctx, Format(msg, args));

    /// <inheritdoc cref="ExceptDecode()"/>
    public static Exception ExceptDecode(Exception inner, string msg) => Process(new FormatException(msg, inner));

    /// <inheritdoc cref="ExceptDecode()"/>
    public static Exception ExceptDecode(this IExceptionContext ctx, Exception inner, string msg) => Process(new FormatException(msg, inner), ctx);

    /// <summary>An IOException.</summary>
    public static Exception ExceptIO() => Process(new IOException());

    /// <inheritdoc cref="ExceptIO()"/>
    public static Exception ExceptIO(string msg) => Process(new IOException(msg));

    /// <inheritdoc cref="ExceptIO()"/>
    public static Exception ExceptIO(this IExceptionContext ctx, string msg) => Process(new IOException(msg), ctx);

    /// <inheritdoc cref="ExceptIO()"/>
    public static Exception ExceptIO(this IExceptionContext ctx, Exception inner, string msg) => Process(new IOException(msg, inner), ctx);

    /// <summary>A NotSupportedException.</summary>
    public static Exception ExceptNotSupp() => Process(new NotSupportedException());

    /// <inheritdoc cref="ExceptNotSupp()"/>
    public static Exception ExceptNotSupp(string msg) => Process(new NotSupportedException(msg));

    /// <inheritdoc cref="ExceptNotSupp()"/>
    public static Exception ExceptNotSupp(this IExceptionContext ctx, string msg) => Process(new NotSupportedException(msg), ctx);
}
