namespace Microsoft.ML.Data;

/// <summary>The kinds of data that columns of text files and converted columns can have.</summary>
public enum DataKind : byte
{
    /// <summary>Signed 8-bit integer.</summary>
    SByte = 1,

    /// <summary>Unsigned 8-bit integer.</summary>
    Byte = 2,

    /// <summary>Signed 16-bit integer.</summary>
    Int16 = 3,

    /// <summary>Unsigned 16-bit integer.</summary>
    UInt16 = 4,

    /// <summary>Signed 32-bit integer.</summary>
    Int32 = 5,

    /// <summary>Unsigned 32-bit integer.</summary>
    UInt32 = 6,

    /// <summary>Signed 64-bit integer.</summary>
    Int64 = 7,

    /// <summary>Unsigned 64-bit integer.</summary>
    UInt64 = 8,

    /// <summary>32-bit floating-point number.</summary>
    Single = 9,

    /// <summary>64-bit floating-point number.</summary>
    Double = 10,

    /// <summary>Text.</summary>
    String = 11,

    /// <summary>Truth value.</summary>
    Boolean = 12,

    /// <summary>Time span.</summary>
    TimeSpan = 13,

    /// <summary>Date and time.</summary>
    DateTime = 14,

    /// <summary>Date and time with an offset from UTC.</summary>
    DateTimeOffset = 15,
}
