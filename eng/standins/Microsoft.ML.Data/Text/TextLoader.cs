namespace Microsoft.ML.Data;

/// <summary>Reads text files whose lines are rows and whose fields are separated by characters.</summary>
public sealed class TextLoader
{
    /// <summary>A stretch of fields.</summary>
    public sealed class Range
    {
        /// <summary>The first field.</summary>
        public int Min;

        /// <summary>The last field.</summary>
        public int? Max;

        /// <summary>No fields yet.</summary>
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
            Min = min;
            Max = max;
        }
    }
}
