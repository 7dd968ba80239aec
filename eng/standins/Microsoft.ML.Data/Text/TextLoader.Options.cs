using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

public sealed partial class TextLoader
{
    /// <summary>How text is read.</summary>
    public class Options
    {
        /// <summary>Whether fields may stand in quotation marks, within which separators mean nothing.</summary>
        public bool AllowQuoting = Defaults.AllowQuoting;

        /// <summary>Whether rows may be sparse, which the stand-in does not support.</summary>
        public bool AllowSparse = Defaults.AllowSparse;

        /// <summary>The columns.</summary>
        public Column[] Columns;

        /// <summary>What separates the fraction of a number.</summary>
        public char DecimalMarker = Defaults.DecimalMarker;

        /// <summary>What stands before a quotation mark that does not end the field.</summary>
        public char EscapeChar = Defaults.EscapeChar;

        /// <summary>Whether the first line of each file names the fields.</summary>
        public bool HasHeader = Defaults.HasHeader;

        /// <summary>A file whose first line names the fields.</summary>
        public string HeaderFile;

        /// <summary>The number of fields of a line.</summary>
        public int? InputSize;

        /// <summary>The number of rows to read at most.</summary>
        public long? MaxRows;

        /// <summary>Whether empty numbers are NaN rather than zero.</summary>
        public bool MissingRealsAsNaNs = Defaults.MissingRealsAsNaNs;

        /// <summary>Whether quoted fields may contain line breaks.</summary>
        public bool ReadMultilines = Defaults.ReadMultilines;

        /// <summary>The separators.</summary>
        public char[] Separators = [Defaults.Separator];

        /// <summary>Whether white space at the ends of fields is dropped.</summary>
        public bool TrimWhitespace = Defaults.TrimWhitespace;

        /// <summary>Whether to read on several threads; the stand-in never does.</summary>
        public bool UseThreads = true;
    }

    /// <summary>A column and the fields that it is read from.</summary>
    public sealed class Column
    {
        /// <summary>The number of keys, if the column is a key.</summary>
        public KeyCount KeyCount;

        /// <summary>The name.</summary>
        public string Name;

        /// <summary>The fields.</summary>
        public Range[] Source;

        /// <summary>A column without name and fields.</summary>
        public Column()
        {
        }

        /// <summary>A column of one field.</summary>
        public Column(string name, DataKind dataKind, int index)
            : this(name, dataKind, [new Range(index)])
        {
        }

        /// <summary>A vector of a stretch of fields, both ends included.</summary>
        public Column(string name, DataKind dataKind, int minIndex, int maxIndex)
            : this(name, dataKind, [new Range(minIndex, maxIndex)])
        {
        }

        /// <summary>A column of any fields.</summary>
        public Column(string name, DataKind dataKind, Range[] source, KeyCount keyCount = null)
        {
            Contracts.CheckValue(name, nameof(name));
            Contracts.CheckValue(source, nameof(source));
            Name = name;
            DataKind = dataKind;
            Source = source;
            KeyCount = keyCount;
        }

        /// <summary>The kind of data.</summary>
        public DataKind DataKind { get; set; } = DataKind.Single;
    }

    /// <summary>A stretch of fields.</summary>
    public sealed class Range
    {
        /// <summary>Whether all fields that no other column takes are meant, which the stand-in does not support.</summary>
        public bool AllOther;

        /// <summary>Whether the stretch reaches to the end of the line.</summary>
        public bool AutoEnd;

        /// <summary>Whether a single field makes a vector, too.</summary>
        public bool ForceVector;

        /// <summary>The last field, null for the last one of the line.</summary>
        public int? Max;

        /// <summary>The first field.</summary>
        public int Min;

        /// <summary>Whether the end differs from line to line, which the stand-in does not support.</summary>
        public bool VariableEnd;

        /// <summary>The first field.</summary>
        public Range()
        {
        }

        /// <summary>One field.</summary>
        public Range(int index)
            : this(index, index)
        {
        }

        /// <summary>A stretch of fields, both ends included; null for the last field of the line.</summary>
        public Range(int min, int? max)
        {
            Contracts.CheckParam(min >= 0, nameof(min), "Must be non-negative");
            Contracts.CheckParam(!(max < min), nameof(max), "If specified, must be greater than or equal to min");
            Min = min;
            Max = max;
            AutoEnd = max == null;
        }
    }

    internal static class Defaults
    {
        public const bool AllowQuoting = false;
        public const bool AllowSparse = false;
        public const bool HasHeader = false;
        public const bool TrimWhitespace = false;
        public const bool ReadMultilines = false;
        public const bool MissingRealsAsNaNs = false;
        public const char Separator = '\t';
        public const char DecimalMarker = '.';
        public const char EscapeChar = '"';
    }
}
